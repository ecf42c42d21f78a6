"""The requests for jobs and endpoints, and what they cost."""
