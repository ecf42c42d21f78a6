"""The bucket adapter on moto's S3: conditions, versions, keys as people write them."""

from collections.abc import Iterator
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tunedrop.aws import bucket as adapter
from tunedrop.aws.bucket import Bucket
from tunedrop.ports.store import ChangedError, ExistsError, MissingError

KEYS = ["plain.json", "with space.csv", "a+b%2F50%.csv", "größe/データ.csv", "k" * 1000]


@pytest.fixture
def client() -> Iterator[Any]:
    with moto.mock_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        client.create_bucket(Bucket="data")
        client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def bucket(client: Any) -> Bucket:
    return Bucket(client, "data")


@pytest.mark.parametrize("key", KEYS)
def test_given_any_key_when_written_then_it_is_read_and_listed_unchanged(
    bucket: Bucket, key: str
) -> None:
    bucket.create(key, b"1")

    assert bucket.read(key).body == b"1"
    assert list(bucket.keys("")) == [key]


def test_given_an_object_when_created_again_then_it_is_refused(bucket: Bucket) -> None:
    bucket.create("k", b"1")
    with pytest.raises(ExistsError):
        bucket.create("k", b"2")
    assert bucket.read("k").body == b"1"


def test_given_an_object_that_changed_when_replaced_then_it_is_refused(bucket: Bucket) -> None:
    first = bucket.create("k", b"1")
    second = bucket.replace("k", b"2", first)
    with pytest.raises(ChangedError):
        bucket.replace("k", b"3", first)
    assert bucket.read("k").etag == second


def test_given_an_object_that_is_gone_when_replaced_then_it_is_refused(bucket: Bucket) -> None:
    with pytest.raises(ChangedError):
        bucket.replace("never", b"3", '"etag"')


def test_given_nothing_when_read_described_or_opened_then_it_is_missing(bucket: Bucket) -> None:
    for call in (bucket.read, bucket.head, lambda key: bucket.open(key, "null")):
        with pytest.raises(MissingError):
            call("never")


def test_given_two_versions_when_the_older_is_opened_then_its_bytes_come(bucket: Bucket) -> None:
    bucket.write("k", b"old", "text/csv")
    old = bucket.head("k")
    bucket.write("k", b"newer", "text/csv")

    assert bucket.open("k", old.version_id).read() == b"old"
    assert bucket.head("k").checksum != old.checksum
    assert (bucket.head("k").size, old.size) == (5, 3)


def test_given_a_conflict_when_written_then_it_is_tried_again(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 answers 409 while another conditional write is under way; moto never does."""
    monkeypatch.setattr(adapter, "CONFLICT_PAUSES", (0.0, 0.0))
    with Stubber(client) as stub:
        stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        stub.add_response("put_object", {"ETag": '"e"'})
        assert Bucket(client, "data").create("k", b"1") == '"e"'
        for _ in range(3):
            stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        with pytest.raises(ClientError):
            Bucket(client, "data").create("k", b"1")
