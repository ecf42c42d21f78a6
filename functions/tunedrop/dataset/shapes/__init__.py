"""Rows to prompt and completion: one module a row shape."""
