"""Checks of readable rows, one module for each kind."""
