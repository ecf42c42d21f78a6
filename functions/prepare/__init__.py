"""The function that turns a dropped file into checked splits, and its processing job."""
