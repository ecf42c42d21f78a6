"""boto3 clients, one for each service, reused between invocations."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

CONCURRENT_QUESTIONS = 32  # Requests to an endpoint at the same time, as in `stages.evaluate`.
# An endpoint may take 60 s to answer, so the client waits a little longer. It does not retry by
# itself, because repeated requests would slow down a slow endpoint further.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
RUNTIME = Config(
    read_timeout=70, max_pool_connections=CONCURRENT_QUESTIONS, retries={"total_max_attempts": 1}
)
STANDARD = Config(retries={"mode": "standard", "total_max_attempts": 5})


@cache
def client(service: str) -> Any:
    """Return the one client of a service for this process."""
    return boto3.client(service, config=RUNTIME if service == "sagemaker-runtime" else STANDARD)
