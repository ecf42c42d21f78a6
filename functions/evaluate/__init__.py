"""Function: an endpoint becomes a verdict, a report and an email."""
