"""Predict the memory that a preparation takes, and count the tokens of its rows."""
