"""The functions' log: one line of JSON for each entry, whatever characters a key holds."""

from aws_lambda_powertools import Logger

from tunedrop.documents.characters import json_line


def logger(service: str) -> Logger:
    """Return the logger of a function."""
    return Logger(service=service, json_serializer=json_line)
