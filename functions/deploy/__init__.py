"""Function: a trained adapter becomes an endpoint."""
