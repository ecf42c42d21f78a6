"""What makes a training step faster without changing what is learned."""
