"""A base model is complete when its manifest is there, and is uploaded once."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud.base_model import provide_base_model
from localcloud.service import LocalCloudError

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
    """Passes calls on and notes the keys that are written."""

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


def test_given_a_model_when_provided_then_its_manifest_names_every_file_and_comes_last(
    s3: Any, model: Path
) -> None:
    recording = Recording(s3)

    assert provide_base_model(recording, "data", "me/tiny", model, print)
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


def test_given_the_same_model_when_provided_again_then_nothing_is_written(
    s3: Any, model: Path
) -> None:
    provide_base_model(s3, "data", "me/tiny", model, print)
    recording = Recording(s3)

    assert not provide_base_model(recording, "data", "me/tiny", model, print)
    assert recording.written == []


def test_given_changed_weights_when_provided_again_then_they_are_uploaded(
    s3: Any, model: Path
) -> None:
    provide_base_model(s3, "data", "me/tiny", model, print)
    (model / "model.safetensors").write_text("other weights", encoding="utf-8")

    assert provide_base_model(s3, "data", "me/tiny", model, print)
    body = s3.get_object(Bucket="data", Key=f"{PREFIX}model.safetensors")["Body"].read()
    assert body == b"other weights"


@pytest.mark.parametrize(
    ("missing", "message"),
    [("config.json", "no Hugging Face model directory"), ("model.safetensors", "no weights")],
)
def test_given_a_directory_that_is_no_model_when_provided_then_the_remedy_is_named(
    s3: Any, model: Path, missing: str, message: str
) -> None:
    (model / missing).unlink()

    with pytest.raises(LocalCloudError, match=message):
        provide_base_model(s3, "data", "me/tiny", model, print)
    assert "Contents" not in s3.list_objects_v2(Bucket="data")
