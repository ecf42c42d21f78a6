"""Function: any failure becomes one email that says what to do."""
