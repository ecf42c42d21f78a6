"""Rows that are equal or nearly equal."""
