"""Function: prepared splits become a training job."""
