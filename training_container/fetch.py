#!/usr/bin/env python3
"""Fetch a base model into the data bucket, inside a SageMaker processing job.

The program reads the hub's token from Secrets Manager, if the stack has one, resolves the revision
to a commit, copies safetensors, configuration and tokenizer one file after the other, and writes
manifest.json last. It exits with status 0 if the bucket has the model then.

A failure leaves /opt/ml/output/message, which becomes the job's ExitMessage: in the first line what
happened, in the second line what to do. There is no second line after an error that may pass.
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html

In the image it is the program `fetch`.
"""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self

import boto3

from container_folders import ContainerFolders
from fetching.bucket_directory import BucketDirectory
from fetching.copying import Copying, Target
from fetching.errors import FetchError
from fetching.hub import HubModel
from fetching.secret import hub_token
from fetching.source import Source

DEFAULT_ENDPOINT = "https://huggingface.co"
MESSAGE_CHARACTERS = 1024  # SageMaker cuts an ExitMessage there.


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """The job's environment, which the functions set.

    Attributes:
        target: the bucket, the prefix and the names of the model.
        uri: `s3://…` of the directory; empty for a model of the hub.
        endpoint: the hub's address.
        secret: the ARN of the secret with the hub's token; empty without one.
    """

    target: Target
    uri: str = ""
    endpoint: str = DEFAULT_ENDPOINT
    secret: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; raises KeyError with the name of a missing one."""
        names = ("DATA_BUCKET", "MODEL_PREFIX", "MODEL_ID", "MODEL_REVISION")
        return cls(
            target=Target(*(environment[name] for name in names)),
            uri=environment.get("MODEL_URI", ""),
            endpoint=(environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/"),
            secret=environment.get("HUB_TOKEN_SECRET_ARN", ""),
        )


def main() -> int:
    """Run the job; returns the exit status."""
    signal.signal(signal.SIGTERM, _stop)
    return run(ContainerFolders.from_environment(os.environ), os.environ)


def run(folders: ContainerFolders, environment: Mapping[str, str]) -> int:
    """Do what the environment asks for; returns the exit status, and leaves why it failed."""
    try:
        settings = FetchSettings.from_environment(environment)
        with tempfile.TemporaryDirectory(prefix="model-") as scratch:
            copied = fetch(settings, Path(scratch))
    except FetchError as error:
        return _failed(folders, f"{error.message}\n{error.remedy}")
    except Exception as error:  # noqa: BLE001 - whoever reads the email must get a reason
        return _failed(folders, f"{type(error).__name__}: {error}".replace("\n", " "))
    log_line(event="fetched" if copied else "already there", prefix=settings.target.prefix)
    return 0


def fetch(settings: FetchSettings, scratch: Path) -> bool:
    """Copy the model into the bucket; False if it is there already. Raises FetchError."""
    s3 = boto3.client("s3")
    return Copying(s3, _source(settings, s3), settings.target, scratch, log_line).run()


def _source(settings: FetchSettings, s3: Any) -> Source:
    if settings.uri:
        return BucketDirectory(s3, settings.uri)
    token = None
    if settings.secret:
        token = hub_token(boto3.client("secretsmanager"), settings.secret)
    return HubModel(settings.endpoint, settings.target.model_id, settings.target.revision, token)


def log_line(**fields: Any) -> None:
    """Write one JSON line to the job's log."""
    print(json.dumps(fields), flush=True)  # noqa: T201  SageMaker reads standard output


def _failed(folders: ContainerFolders, message: str) -> int:
    log_line(event="failed", reason=message)
    file = folders.failure.with_name("message")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(message[:MESSAGE_CHARACTERS], encoding="utf-8")
    return 1


def _stop(_signal: int, _frame: object) -> NoReturn:
    """Exit on SIGTERM, which the first process of a container ignores by default."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
