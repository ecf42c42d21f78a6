"""Intervals and tests for paired comparisons of rows and of groups of rows."""
