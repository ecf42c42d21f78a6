"""From checked rows to train, validation and test files."""
