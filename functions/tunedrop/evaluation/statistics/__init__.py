"""Intervals, tests and resampling for paired comparisons."""
