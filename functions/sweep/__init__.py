"""The scheduled function that sends lost events again and cleans up."""
