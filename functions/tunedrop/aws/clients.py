"""boto3 clients, one for each service, reused between invocations."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# An endpoint may take 60 s to answer, so `aws.inference` waits a little longer.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
RUNTIME = Config(read_timeout=70)
STANDARD = Config(retries={"mode": "standard", "total_max_attempts": 5})


@cache
def client(service: str) -> Any:
    """Return the one client of a service for this process."""
    return boto3.client(service, config=RUNTIME if service == "sagemaker-runtime" else STANDARD)


@cache
def credentials() -> Any:
    """Return the credentials of this process, which renew themselves where they expire."""
    return boto3.Session().get_credentials()
