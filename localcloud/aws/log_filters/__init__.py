"""Filters of CloudWatch Logs: filter patterns, and `filter` in queries of Logs Insights."""
