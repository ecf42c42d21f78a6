"""How an answer is read, and the metrics that score it."""
