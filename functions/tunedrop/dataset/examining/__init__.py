"""Rows in, checked rows out: the look at each row by itself."""
