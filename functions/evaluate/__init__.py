"""The function that evaluates an endpoint: verdict, report and email."""
