"""Learning rates that are tried before the training: how long, how, and which is the best."""
