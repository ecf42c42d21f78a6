"""Convert rows to prompt and completion: one module for each row shape."""
