"""The function that starts the training job of prepared splits."""
