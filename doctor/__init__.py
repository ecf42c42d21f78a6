"""Says what a stack on AWS still needs before a run costs money: `make doctor`."""
