"""Function, on a schedule: what was lost on the way is set right."""
