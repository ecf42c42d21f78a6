"""The documents of the bucket: what one stage writes and another reads."""
