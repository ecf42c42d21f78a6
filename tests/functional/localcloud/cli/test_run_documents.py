"""The removal of checkpoints, which only a resumed training job reads."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud.cli.run_documents import RunDocuments

BUCKET = "data"


@pytest.fixture
def s3() -> Any:
    with mock_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def put_run(s3: Any, run: str, document: dict[str, Any]) -> None:
    folder = f"runs/tweets/{run}"
    s3.put_object(Bucket=BUCKET, Key=f"{folder}/run.json", Body=json.dumps(document))
    for name in ("checkpoints/1/checkpoint-4/optimizer.pt", "model/adapter_model.safetensors"):
        s3.put_object(Bucket=BUCKET, Key=f"{folder}/{name}", Body=b"1")
        s3.put_object(Bucket=BUCKET, Key=f"{folder}/{name}", Body=b"2")


def test_checkpoints_of_an_ended_run_are_removed(s3: Any) -> None:
    # Given a run that has ended, and one that is running (the product does not write "running")
    put_run(s3, "0123456789ab", {"status": "succeeded"})
    put_run(s3, "ba9876543210", {"stage": "train"})

    # When the local AWS cleans up
    RunDocuments(s3, BUCKET).remove_checkpoints()

    # Then no version of the ended run's checkpoints is left, and nothing else is deleted
    versions = s3.list_object_versions(Bucket=BUCKET)
    kept = sorted(version["Key"] for version in versions["Versions"])
    assert "DeleteMarkers" not in versions
    assert kept == [
        "runs/tweets/0123456789ab/model/adapter_model.safetensors",
        "runs/tweets/0123456789ab/model/adapter_model.safetensors",
        "runs/tweets/0123456789ab/run.json",
        "runs/tweets/ba9876543210/checkpoints/1/checkpoint-4/optimizer.pt",
        "runs/tweets/ba9876543210/checkpoints/1/checkpoint-4/optimizer.pt",
        "runs/tweets/ba9876543210/model/adapter_model.safetensors",
        "runs/tweets/ba9876543210/model/adapter_model.safetensors",
        "runs/tweets/ba9876543210/run.json",
    ]
