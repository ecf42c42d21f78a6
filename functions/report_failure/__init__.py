"""The function that turns a failure into one email that says what to do."""
