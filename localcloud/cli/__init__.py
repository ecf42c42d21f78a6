"""The commands `up` and `run`, and what they print about a run."""
