"""Convert, check and encode each row by itself."""
