"""Training jobs: a program, its input channels, its checkpoints and its artifact."""
