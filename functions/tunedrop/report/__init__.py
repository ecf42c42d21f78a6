"""From figures to report.json, report.html and the email."""
