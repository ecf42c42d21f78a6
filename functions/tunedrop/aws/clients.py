"""boto3 clients, one for each service, reused between invocations."""

from functools import cache, cached_property
from typing import Any

import boto3
from botocore.config import Config

# An endpoint may take 60 s to answer, so `aws.inference` waits a little longer.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
RUNTIME = Config(read_timeout=70)
# The quotas are worth a few seconds: a subnet without a way to Service Quotas never answers.
QUOTAS = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})
STANDARD = Config(retries={"mode": "standard", "total_max_attempts": 5})
CONFIGS = {"sagemaker-runtime": RUNTIME, "service-quotas": QUOTAS}


class Client:
    """The client of a service, made when it is first used.

    To make one takes 20 to 90 ms of CPU, and most invocations use only some of the clients that
    their stage receives.
    """

    def __init__(self, service: str) -> None:
        self._service = service

    @cached_property
    def _made(self) -> Any:
        config = CONFIGS.get(self._service, STANDARD)
        return boto3.client(self._service, config=config)

    def __getattr__(self, name: str) -> Any:
        """Return an operation, or another attribute, of boto3's client."""
        return getattr(self._made, name)


@cache
def client(service: str) -> Client:
    """Return the one client of a service for this process."""
    return Client(service)


@cache
def credentials() -> Any:
    """Return the credentials of this process, which renew themselves where they expire."""
    return boto3.Session().get_credentials()
