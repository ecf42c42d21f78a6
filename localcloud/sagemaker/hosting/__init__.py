"""Hosting: models, endpoint configurations, endpoints, and their invocation."""
