"""The bucket adapter on moto's S3: conditional writes, versions, and keys with any characters."""

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
def test_a_key_of_any_characters_is_read_and_listed_unchanged(bucket: Bucket, key: str) -> None:
    # When
    bucket.create(key, b"1")

    # Then
    assert bucket.read(key).body == b"1"
    assert list(bucket.keys("")) == [key]


def test_creating_an_existing_object_is_refused(bucket: Bucket) -> None:
    # Given
    bucket.create("k", b"1")

    # When
    with pytest.raises(ExistsError):
        bucket.create("k", b"2")

    # Then
    assert bucket.read("k").body == b"1"


def test_replacing_an_object_that_has_changed_is_refused(bucket: Bucket) -> None:
    # Given
    first = bucket.create("k", b"1")
    second = bucket.replace("k", b"2", first)

    # When
    with pytest.raises(ChangedError):
        bucket.replace("k", b"3", first)

    # Then
    assert bucket.read("k").etag == second


def test_replacing_an_object_that_does_not_exist_is_refused(bucket: Bucket) -> None:
    with pytest.raises(ChangedError):
        bucket.replace("never", b"3", '"etag"')


def test_a_write_repeated_by_boto3_finds_its_own_first_try(bucket: Bucket) -> None:
    # Given writes whose answers were lost
    first = bucket.create("k", b"1")
    second = bucket.replace("k", b"2", first)

    # Then the same writes succeed again, and others are refused
    assert bucket.replace("k", b"2", first) == second
    assert bucket.create("k", b"2") == second
    with pytest.raises(ChangedError):
        bucket.replace("k", b"3", first)


def test_a_listing_tells_content_and_time_of_each_object(bucket: Bucket) -> None:
    # Given
    bucket.write("k", b"1", "text/csv")

    # When
    (listed,) = bucket.listing("")

    # Then
    head = bucket.head("k")
    assert (listed.key, listed.etag, listed.modified) == ("k", head.etag, head.modified)


def test_a_listing_of_the_objects_directly_below_leaves_out_folders(bucket: Bucket) -> None:
    # Given
    for key in ("a.csv", "a/b.csv", "c.csv"):
        bucket.write(key, b"1", "text/csv")

    # When
    found = [[each.key for each in bucket.listing(key, directly=True)] for key in ("", "a", "a/")]

    # Then
    assert found == [["a.csv", "c.csv"], ["a.csv"], ["a/b.csv"]]


def test_a_missing_object_cannot_be_read_described_or_opened(bucket: Bucket) -> None:
    for call in (bucket.read, bucket.head, lambda key: bucket.open(key, "null")):
        with pytest.raises(MissingError):
            call("never")


def test_an_older_version_is_opened_with_its_own_bytes(bucket: Bucket) -> None:
    # Given
    bucket.write("k", b"old", "text/csv")
    old = bucket.head("k")

    # When
    bucket.write("k", b"newer", "text/csv")

    # Then
    assert bucket.open("k", old.version_id).read() == b"old"
    assert bucket.head("k").checksum != old.checksum
    assert (bucket.head("k").size, old.size) == (5, 3)


def test_a_conflicting_write_is_tried_again(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 answers 409 while another conditional write is under way; moto never does."""
    # Given
    monkeypatch.setattr(adapter, "CONFLICT_PAUSES", (0.0, 0.0))

    # Then one conflict is overcome, and three are not
    with Stubber(client) as stub:
        stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        stub.add_response("put_object", {"ETag": '"e"'})
        assert Bucket(client, "data").create("k", b"1") == '"e"'
        for _ in range(3):
            stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        with pytest.raises(ClientError):
            Bucket(client, "data").create("k", b"1")
