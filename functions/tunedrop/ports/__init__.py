"""What the domain needs of the outside world; `tunedrop.aws` implements it."""
