"""What training and processing jobs share: their life, their program, their operations."""
