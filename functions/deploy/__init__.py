"""The function that creates the endpoint of a trained adapter."""
