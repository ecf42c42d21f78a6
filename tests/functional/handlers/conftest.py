"""Fixtures: the application's stack on moto, and the files that most tests drop."""

import json
from collections.abc import Iterator
from types import SimpleNamespace

import boto3
import botocore.loaders
import moto
import pytest

from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop import bootstrap
from tunedrop.aws.clients import client

ROLE = "arn:aws:iam::111122223333:role/tunedrop"
# moto drops the session between tests, and reading the descriptions of the services anew took most
# of the time of a test.
SERVICE_DESCRIPTIONS = botocore.loaders.create_loader()


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
        monkeypatch.setattr(bootstrap, "stack_resources", lambda _stack: stack.resources)
        monkeypatch.setattr(bootstrap, "inference", lambda: stack.inference)
        monkeypatch.setattr(
            bootstrap, "quotas", lambda: SimpleNamespace(known=lambda: stack.quotas)
        )
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
        "FETCH_ROLE_ARN": ROLE,
        "HUB_ENDPOINT": "https://huggingface.co",
        "HUB_TOKEN_SECRET_ARN": "",
        "PREPARE_LIMIT_MEGABYTES": "2048",
        "ALLOWED_INSTANCE_TYPES": "ml.g5.xlarge,ml.g5.2xlarge,ml.g6.xlarge,ml.g6.2xlarge",
        "MAX_TRAINING_HOURS": "24",
        "MAX_BUDGET_USD": "100",
        "MAX_MONTHLY_USD": "1000",
        "LOG_RETENTION_DAYS": "30",
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


@pytest.fixture(autouse=True)
def base_model(stack: Stack) -> None:
    """The default base model's manifest, as after its first use."""
    manifest = {
        "version": 1,
        "id": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "revision": "main",
        "files": [{"name": "model.safetensors", "size": 269_000_000, "sha256": "0" * 64}],
    }
    key = "models/HuggingFaceTB/SmolLM2-135M-Instruct/main/manifest.json"
    stack.drop(key, json.dumps(manifest).encode())
