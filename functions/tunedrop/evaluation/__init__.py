"""Evaluate the answers of two models: figures, intervals and a verdict."""
