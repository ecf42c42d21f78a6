"""Processing jobs: programs that bring their own way to their data."""
