"""Divide the checked rows into train, validation and test files."""
