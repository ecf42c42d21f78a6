"""A Hugging Face directory in a bucket becomes a base model."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

import fetch
from container_folders import ContainerFolders
from fetching.bucket_directory import BucketDirectory
from fetching.copying import Target
from fetching.errors import FetchError
from tests.support.builders.model_directory import make_model_directory

BUCKET = "data"
TARGET = Target(BUCKET, "models/s3/llama-1/main/", "s3/llama-1", "main")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        for bucket in (BUCKET, "weights"):
            client.create_bucket(Bucket=bucket)
        yield client


def put(s3: Any, folder: Path, prefix: str) -> None:
    """Upload a directory, as `aws s3 cp --recursive` does."""
    for path in folder.rglob("*"):
        s3.upload_file(str(path), "weights", f"{prefix}{path.relative_to(folder).as_posix()}")


def test_a_directory_is_copied_with_a_manifest(s3: Any, tmp_path: Path) -> None:
    # Given
    put(s3, make_model_directory(tmp_path / "model"), "llama/v1/")
    put(s3, make_model_directory(tmp_path / "model"), "llama/v10/")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    settings = fetch.FetchSettings(target=TARGET, uri="s3://weights/llama/v1")

    # When
    assert fetch.fetch(settings, scratch)

    # Then
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=TARGET.prefix)["Contents"]
    body = s3.get_object(Bucket=BUCKET, Key=f"{TARGET.prefix}manifest.json")["Body"].read()
    manifest = json.loads(body)
    names = {each["name"] for each in manifest["files"]}
    assert (manifest["source"], manifest["commit"]) == ("s3://weights/llama/v1/", None)
    assert "model.safetensors" in names
    assert "pytorch_model.bin" not in names
    assert {each["Key"] for each in found} == {
        TARGET.prefix + name for name in {*names, "manifest.json"}
    }


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("s3://weights/nothing", "s3://weights/nothing/ is no model directory"),
        ("s3://no-such-bucket/llama", "There is no bucket no-such-bucket"),
    ],
)
def test_the_message_names_a_directory_that_is_not_there(
    tmp_path: Path, uri: str, words: str
) -> None:
    # Given
    environment = {
        "DATA_BUCKET": BUCKET,
        "MODEL_PREFIX": TARGET.prefix,
        "MODEL_ID": TARGET.model_id,
        "MODEL_REVISION": TARGET.revision,
        "MODEL_URI": uri,
    }

    # When
    status = fetch.run(ContainerFolders(tmp_path), environment)

    # Then
    what, _, remedy = (tmp_path / "output" / "message").read_text().partition("\n")
    assert status == 1
    assert words in what
    assert "base_model" in remedy


def test_a_bucket_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    # Given
    class Denied:
        def get_paginator(self, _operation: str) -> Any:
            return self

        def paginate(self, **_: str) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "ListObjectsV2")

    # When
    with pytest.raises(FetchError, match="may not read the base model s3://weights/x/") as raised:
        BucketDirectory(Denied(), "s3://weights/x").listing()

    # Then
    assert "ModelBucket" in raised.value.remedy
    assert not any(tmp_path.iterdir())
