"""What the SageMaker tests share: an AWS in a process of its own, and the requests they send."""

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

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
ROOT = Path(__file__).parents[4]
ACCOUNT = "123456789012"
REGION = "us-east-1"
BUCKET = "tunedrop-data"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
TRAINING_IMAGE = f"{REGISTRY}/tunedrop-training:1.0"
SERVING_IMAGE = f"{REGISTRY}/vllm:server-sagemaker-cuda-v2.6"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"
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
WAIT_SECONDS = 300.0  # A limit for tests that fail; each waits for what it needs.


class Cloud:
    """One emulated AWS; `stop` ends it in order, `kill` does not."""

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
        """A client, as the account's root unless other keys are given."""
        keys = keys or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(
            name,
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            # No retry, and no check by boto3, hides what the service answers.
            config=Config(
                retries={"total_max_attempts": 1},
                parameter_validation=False,
                max_pool_connections=connections,
            ),
            **keys,
        )

    def stop(self) -> None:
        """Close the pipe it waits on, and wait for its end."""
        self.process.communicate(timeout=WAIT_SECONDS)

    def kill(self) -> None:
        """SIGKILL: it cannot clean up."""
        self.process.kill()
        self.process.communicate()

    def prepare(self) -> None:
        """A bucket with a channel and model data, and the role jobs and models run as."""
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
        """Make a role that these services may assume; without services: the account."""
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
    """Everything aws.sagemaker said, read from a queue behind a rule."""

    sqs: Any
    url: str

    def until(self, is_last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The events up to the first for which `is_last` holds, that one included twice."""
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
    """Ask until the answer is true; the answer."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {WAIT_SECONDS} s")


def document(statements: list[dict[str, Any]]) -> str:
    """An IAM policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def execution_statements() -> list[dict[str, Any]]:
    """What an execution role needs: its bucket and its logs."""
    bucket = f"arn:aws:s3:::{BUCKET}"
    return [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": f"{bucket}/*",
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "*",
        },
    ]


def training_request(name: str, action: str, **changes: Any) -> dict[str, Any]:
    """A CreateTrainingJob request with one channel."""
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": TRAINING_IMAGE,
            "TrainingInputMode": "File",
        },
        "RoleArn": ROLE,
        "HyperParameters": {"action": action},
        "InputDataConfig": [channel("train", "data/train.jsonl")],
        "OutputDataConfig": {
            "S3OutputPath": f"s3://{BUCKET}/out",
            "CompressionType": "NONE",
        },
        "ResourceConfig": {
            "InstanceType": "ml.g6.2xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 50,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def processing_request(name: str, *arguments: str, **changes: Any) -> dict[str, Any]:
    """A CreateProcessingJob request of a program that finds its own data."""
    return {
        "ProcessingJobName": name,
        "AppSpecification": {
            "ImageUri": TRAINING_IMAGE,
            "ContainerEntrypoint": ["process"],
            "ContainerArguments": list(arguments),
        },
        "RoleArn": ROLE,
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def channel(name: str, key: str) -> dict[str, Any]:
    """An input channel of every object whose key begins so."""
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": f"s3://{BUCKET}/{key}",
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def s3_prefix(key: str) -> dict[str, Any]:
    """Model data that lies uncompressed below a prefix."""
    return {
        "S3DataSource": {
            "S3Uri": f"s3://{BUCKET}/{key}",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
    }
