"""One file an operation: what each function does with its event."""
