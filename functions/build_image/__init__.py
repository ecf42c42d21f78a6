"""The function that has the training image built."""
