"""Where runs are kept, and which run of a dataset counts."""
