"""What each function does with its event: one module for each operation."""
