"""Read rows from files: one module for each file format."""
