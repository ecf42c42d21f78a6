"""Locations in S3, and the paths of objects in a channel."""

from __future__ import annotations

import pytest

from localcloud.sagemaker.storage import S3Location, relative_name


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("a/b/train.jsonl", "a/b/train.jsonl", "train.jsonl"),
        ("a/b/c/d", "a/b", "c/d"),
        ("a/b/c/d", "a/b/", "c/d"),
        ("a/b.txt", "a/b", "b.txt"),
        ("top", "", "top"),
        ("a/b", "a", "b"),
    ],
)
def test_an_object_has_its_path_in_the_channel(key: str, prefix: str, name: str) -> None:
    assert relative_name(key, prefix) == name


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://bucket/a/b?c#d", "bucket", "a/b?c#d"),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket", "bucket", ""),
        ("s3://b/b/b", "b", "b/b"),
    ],
)
def test_a_location_keeps_every_character_of_the_key(uri: str, bucket: str, key: str) -> None:
    assert S3Location.parse(uri) == S3Location(bucket=bucket, key=key)


@pytest.mark.parametrize("uri", ["https://bucket/key", "s3:///key", "bucket/key", ""])
def test_other_uris_are_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="is not of the form s3://bucket/key"):
        S3Location.parse(uri)


def test_a_folder_below_a_location_ends_with_a_slash() -> None:
    assert str(S3Location.parse("s3://b/out/").folder("job", "output")) == "s3://b/out/job/output/"
    assert str(S3Location.parse("s3://b").folder("job")) == "s3://b/job/"
