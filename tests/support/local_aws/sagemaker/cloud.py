"""An emulated AWS with localcloud's SageMaker, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config

from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    BUCKET,
    REGION,
    ROLE,
    document,
    execution_statements,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
ROOT = Path(__file__).parents[4]
EVENT_COPIES = 2
STOP_GRACE_SECONDS = 3.0
SETTINGS = {
    "stop_grace_seconds": STOP_GRACE_SECONDS,
    "serve_stop_grace_seconds": 1.0,
    "ping_interval_seconds": 0.05,
    "checkpoint_interval_seconds": 0.1,
    "log_interval_seconds": 0.1,
    "event_copies": EVENT_COPIES,
}
WAIT_SECONDS = 300.0  # Only a test that fails waits so long: each waits for what it needs.


class Cloud:
    """One emulated AWS; `stop` lets it clean up, `kill` does not."""

    def __init__(self, state_dir: Path, **changes: Any) -> None:
        """Start it; `changes` are settings that differ from SETTINGS."""
        self.state_dir = state_dir
        self.sagemaker_dir = state_dir / "sagemaker" / "work"
        options = {"root": str(ROOT), "state_dir": str(state_dir), "settings": SETTINGS | changes}
        with (state_dir / "process.log").open("wb") as log:
            program = Path(__file__).with_name("aws_process.py")
            self.process = subprocess.Popen(
                [sys.executable, str(program), json.dumps(options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "HOST_SECRET": "must not leak"},
                text=True,
            )
        assert self.process.stdout is not None
        self.endpoint_url = self.process.stdout.readline().strip()
        assert self.endpoint_url, (state_dir / "process.log").read_text()

    def client(
        self, name: str, keys: dict[str, str] | None = None, *, connections: int = 10
    ) -> Any:
        """A boto3 client, of the account's root unless other keys are given."""
        keys = keys or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(
            name,
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            # Retries and the checks of boto3 would hide the answers of the service.
            config=Config(
                retries={"total_max_attempts": 1},
                parameter_validation=False,
                max_pool_connections=connections,
            ),
            **keys,
        )

    def stop(self) -> None:
        """Close its standard input, at which it ends, and wait for its end."""
        self.process.communicate(timeout=WAIT_SECONDS)

    def kill(self) -> None:
        """Send SIGKILL, so that it cannot clean up."""
        self.process.kill()
        self.process.communicate()

    def prepare(self) -> None:
        """Create a bucket with a channel and model data, and the role of jobs and models."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for key, text in {
            "data/train.jsonl": "rows",
            "data/validation.jsonl": "more rows",
            "weights/config.json": "{}",
            "weights/deep/tensor": "base",
            "adapter/adapter_config.json": "tuned",
        }.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        self.put_role(ROLE, ["sagemaker.amazonaws.com"], execution_statements())

    def put_role(self, arn: str, services: list[str], statements: list[dict[str, Any]]) -> None:
        """Create a role that these services may assume, or the account when there are none."""
        principal = {"Service": services} if services else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        name = arn.rsplit("/", 1)[-1]
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document([trust]))
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(statements))

    def keys_of(self, arn: str) -> dict[str, str]:
        """Keys of a session of a role that the account may assume."""
        got = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return {
            "aws_access_key_id": got["AccessKeyId"],
            "aws_secret_access_key": got["SecretAccessKey"],
            "aws_session_token": got["SessionToken"],
        }

    def caller(self, name: str, statements: list[dict[str, Any]]) -> Any:
        """A SageMaker client of a new role that has only these permissions."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/caller-{name}"
        self.put_role(arn, [], statements)
        return self.client("sagemaker", self.keys_of(arn))

    def read(self, key: str) -> bytes:
        """One object of the bucket."""
        body: bytes = self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        """The keys below a prefix."""
        found = self.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def ended_job(self, name: str) -> dict[str, Any]:
        """DescribeTrainingJob once the job has ended."""
        describe = self.client("sagemaker").describe_training_job
        return _ended(lambda: describe(TrainingJobName=name), "TrainingJobStatus")

    def ended_processing_job(self, name: str) -> dict[str, Any]:
        """DescribeProcessingJob once the job has ended."""
        describe = self.client("sagemaker").describe_processing_job
        return _ended(lambda: describe(ProcessingJobName=name), "ProcessingJobStatus")

    def log_text(self, group: str, prefix: str = "") -> str:
        """All messages of a log group's streams, in order."""
        logs = self.client("logs")
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, logStreamNamePrefix=prefix
        )
        return "\n".join(event["message"] for page in pages for event in page["events"])


@dataclass
class Events:
    """The events of aws.sagemaker, read from a queue that is a rule's target."""

    sqs: Any
    url: str

    def until(self, is_last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The events up to the last copy of the first one for which `is_last` holds."""
        seen: list[dict[str, Any]] = []

        def found() -> bool:
            got = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            for message in got.get("Messages", []):
                seen.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            return sum(map(is_last, seen)) == EVENT_COPIES

        wait_for(found)
        return seen


def _ended(describe: Callable[[], dict[str, Any]], status: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        job = describe()
        return job if job[status] in ("Completed", "Failed", "Stopped") else None

    return wait_for(ended)


def wait_for(question: Callable[[], T | None]) -> T:
    """Ask until the answer is true; return the answer."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {WAIT_SECONDS} s")


def group_lives(pid: int) -> bool:
    """Whether the process group has a process; a killed orphan counts until init has reaped it."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True
