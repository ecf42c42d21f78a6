"""Lambda functions as processes that see their package, their environment, and nothing else."""
