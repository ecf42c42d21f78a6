"""Render the pages and the emails."""
