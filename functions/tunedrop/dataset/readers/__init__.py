"""Bytes to rows: one module a file format."""
