"""The six handlers on moto's S3 and SNS, each called with the events of events/."""

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.loaders
import moto
import msgspec
import pytest

from tests.support.fakes import FakeInference, FakeSageMaker
from tunedrop import bootstrap
from tunedrop.aws.clients import client
from tunedrop.documents.run import Run

EVENTS = Path(__file__).parents[3] / "events"
BUCKET = "tunedrop-databucket-1a2b3c4d5e6f"  # as in events/
ROLE = "arn:aws:iam::111122223333:role/tunedrop"
# moto drops the session between tests, and reading the descriptions of the services anew took most
# of the time of a test.
SERVICE_DESCRIPTIONS = botocore.loaders.create_loader()


class Stack:
    """The stack as a user meets it: a bucket, emails, and functions that events call."""

    def __init__(self, s3: Any, sns_messages: Callable[[], list[Any]]) -> None:
        self.s3 = s3
        self.sagemaker = FakeSageMaker()
        self.inference = FakeInference()
        self.sent: list[tuple[str, Any]] = []
        self._sns_messages = sns_messages

    def drop(self, key: str, body: bytes, **arguments: Any) -> None:
        """Upload a file."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, **arguments)

    def call(self, function: str, event: dict[str, Any], request_id: str = "request-1") -> Any:
        """Invoke a function's handler."""
        context = SimpleNamespace(
            aws_request_id=request_id,
            get_remaining_time_in_millis=lambda: 900_000,
            function_name=function,
            memory_limit_in_mb=1024,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:111122223333:function:{function}",
        )
        return importlib.import_module(f"{function}.app").lambda_handler(event, context)

    def prepare(self, key: str, request_id: str = "request-1") -> Any:
        """Call prepare as S3 does for this key."""
        return self.call("prepare", self.event("s3_dataset_dropped", key=key), request_id)

    def event(self, name: str, **replaced: str) -> dict[str, Any]:
        """Read an event of events/, about another key, job or endpoint."""
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
        detail = event["detail"]
        if "key" in replaced:
            detail["object"]["key"] = replaced["key"]
        if "job" in replaced:
            detail["TrainingJobName"] = replaced["job"]
        if "processing_job" in replaced:
            detail["ProcessingJobName"] = replaced["processing_job"]
        if "endpoint" in replaced:
            detail["EndpointName"] = replaced["endpoint"]
        return event

    def run(self, folder: str) -> Run:
        """Read run.json."""
        return msgspec.json.decode(self.read(f"{folder}/run.json"), type=Run)

    def read(self, key: str) -> bytes:
        """Read an object."""
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix."""
        answer = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in answer.get("Contents", [])]

    @property
    def emails(self) -> list[tuple[str, str]]:
        """What was published: (subject, body)."""
        return [(message[2], message[1]) for message in self._sns_messages()]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with moto.mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        client.cache_clear()
        boto3.setup_default_session()
        boto3.DEFAULT_SESSION._session.register_component("data_loader", SERVICE_DESCRIPTIONS)
        topic = boto3.client("sns").create_topic(Name="reports")["TopicArn"]
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        backend = moto.backends.get_backend("sns")[moto.core.DEFAULT_ACCOUNT_ID]["us-east-1"]
        stack = Stack(s3, lambda: backend.topics[topic].sent_notifications)
        for name, value in _environment(topic).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(bootstrap, "SageMakerService", lambda _client: stack.sagemaker)
        monkeypatch.setattr(bootstrap, "EndpointInference", lambda _client: stack.inference)
        sender = SimpleNamespace(send=lambda name, event: stack.sent.append((name, event)))
        monkeypatch.setattr(bootstrap, "LambdaFunctions", lambda _client, _names: sender)
        yield stack
        client.cache_clear()


def _environment(topic: str) -> dict[str, str]:
    return {
        "DATA_BUCKET": BUCKET,
        "REPORT_TOPIC_ARN": topic,
        "STACK_NAME": "tunedrop",
        "TRAINING_IMAGE": "111122223333.dkr.ecr.us-east-1.amazonaws.com/tunedrop-training:1",
        "PROCESSING_ROLE_ARN": ROLE,
        "PREPARE_LIMIT_MEGABYTES": "2048",
        "ALLOWED_INSTANCE_TYPES": "ml.g5.xlarge,ml.g5.2xlarge,ml.g6.xlarge,ml.g6.2xlarge",
        "MAX_TRAINING_HOURS": "24",
        "MAX_BUDGET_USD": "100",
        "MAX_ENDPOINT_HOURS": "168",
        "TRAINING_ROLE_ARN": ROLE,
        "SERVING_IMAGE": "763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:1",
        "SERVING_ROLE_ARN": ROLE,
        **{
            f"{name}_FUNCTION": name.lower()
            for name in ("PREPARE", "TRAIN", "DEPLOY", "EVALUATE", "REPORT_FAILURE")
        },
    }


@pytest.fixture
def tweets() -> bytes:
    """A small labelled table: 60 rows, two labels."""
    lines = ["text,label"]
    lines += [f"this is a good thing number {n},positive" for n in range(30)]
    lines += [f"this is a bad thing number {n},negative" for n in range(30)]
    return "\n".join(lines).encode()


@pytest.fixture
def base_model(stack: Stack) -> None:
    """The default base model's manifest, as after its upload."""
    manifest = {
        "version": 1,
        "id": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "revision": "main",
        "files": [{"name": "model.safetensors", "size": 269_000_000, "sha256": "0" * 64}],
    }
    key = "models/HuggingFaceTB/SmolLM2-135M-Instruct/main/manifest.json"
    stack.drop(key, json.dumps(manifest).encode())
