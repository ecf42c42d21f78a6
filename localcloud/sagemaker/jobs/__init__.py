"""What training and processing jobs share: their state, run, program and operations."""
