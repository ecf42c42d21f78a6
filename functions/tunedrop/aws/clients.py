"""boto3 clients as this application needs them: few, reused between invocations."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

CONCURRENT_QUESTIONS = 32
# An endpoint may take 60 s to answer; the client must wait a little longer, and must not ask the
# same question again by itself: a slow endpoint would get slower.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
RUNTIME = Config(
    read_timeout=70, max_pool_connections=CONCURRENT_QUESTIONS, retries={"total_max_attempts": 1}
)
STANDARD = Config(retries={"mode": "standard", "total_max_attempts": 5})


@cache
def client(service: str) -> Any:
    """Return the one client of a service for this process."""
    return boto3.client(service, config=RUNTIME if service == "sagemaker-runtime" else STANDARD)
