"""The upload of a base model: the manifest comes last, and nothing is uploaded twice."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud.service import LocalCloudError
from localcloud.stack.base_model import provide_base_model

PREFIX = "models/me/tiny/main/"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        yield client


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / ".cache").mkdir()
    for name in ("config.json", "model.safetensors", "deep/tokenizer.json", ".cache/lock"):
        (folder / name).write_text(name, encoding="utf-8")
    return folder


class Recording:
    """Passes calls on, and records the keys that are written."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.written: list[str] = []

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.written.append(key)
        self.client.upload_file(path, bucket, key)

    def put_object(self, **request: Any) -> None:
        self.written.append(request["Key"])
        self.client.put_object(**request)

    def get_object(self, **request: Any) -> Any:
        return self.client.get_object(**request)


def test_weights_in_another_format_are_left_out(s3: Any, model: Path) -> None:
    # Given
    (model / "pytorch_model.bin").write_bytes(b"a pickle")

    # When
    provide_base_model(s3, "data", "me/tiny", model, lambda _line: None)

    # Then
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="data")["Contents"]]
    assert f"{PREFIX}model.safetensors" in keys
    assert f"{PREFIX}pytorch_model.bin" not in keys


def test_the_manifest_names_every_file_and_is_uploaded_last(s3: Any, model: Path) -> None:
    # Given
    recording = Recording(s3)

    # When
    uploaded = provide_base_model(recording, "data", "me/tiny", model, print)

    # Then
    assert uploaded
    manifest = json.loads(s3.get_object(Bucket="data", Key=f"{PREFIX}manifest.json")["Body"].read())
    assert recording.written == [
        f"{PREFIX}{name}"
        for name in ("config.json", "deep/tokenizer.json", "model.safetensors", "manifest.json")
    ]
    assert (manifest["version"], manifest["id"], manifest["revision"]) == (1, "me/tiny", "main")
    assert manifest["files"][0] == {
        "name": "config.json",
        "size": 11,
        "sha256": sha256(b"config.json").hexdigest(),
    }


def test_an_unchanged_model_is_not_uploaded_again(s3: Any, model: Path) -> None:
    # Given
    provide_base_model(s3, "data", "me/tiny", model, print)
    recording = Recording(s3)

    # When
    uploaded = provide_base_model(recording, "data", "me/tiny", model, print)

    # Then
    assert not uploaded
    assert recording.written == []


def test_changed_weights_are_uploaded_again(s3: Any, model: Path) -> None:
    # Given
    provide_base_model(s3, "data", "me/tiny", model, print)
    (model / "model.safetensors").write_text("other weights", encoding="utf-8")

    # When
    uploaded = provide_base_model(s3, "data", "me/tiny", model, print)

    # Then
    assert uploaded
    body = s3.get_object(Bucket="data", Key=f"{PREFIX}model.safetensors")["Body"].read()
    assert body == b"other weights"


@pytest.mark.parametrize(
    ("missing", "message"),
    [("config.json", "no Hugging Face model directory"), ("model.safetensors", "no weights")],
)
def test_a_directory_without_a_model_is_refused(
    s3: Any, model: Path, missing: str, message: str
) -> None:
    # Given
    (model / missing).unlink()

    # When
    with pytest.raises(LocalCloudError, match=message):
        provide_base_model(s3, "data", "me/tiny", model, print)

    # Then
    assert "Contents" not in s3.list_objects_v2(Bucket="data")
