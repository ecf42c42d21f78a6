"""Rules that need no process: names of files, metrics, event times, images."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.sagemaker.events import in_milliseconds
from localcloud.sagemaker.hosting.endpoint import upper_snake
from localcloud.sagemaker.images import repository
from localcloud.sagemaker.jobs.job import Ending
from localcloud.sagemaker.processing.job import ProcessingJob
from localcloud.sagemaker.storage import S3Location, relative_name
from localcloud.sagemaker.training.job import TrainingJob
from localcloud.sagemaker.training.program import MetricReader


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
def test_file_of_an_object_below_its_channel(key: str, prefix: str, name: str) -> None:
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
def test_location_keeps_every_character_of_the_key(uri: str, bucket: str, key: str) -> None:
    assert S3Location.parse(uri) == S3Location(bucket=bucket, key=key)


@pytest.mark.parametrize("uri", ["https://bucket/key", "s3:///key", "bucket/key", ""])
def test_other_addresses_are_no_location(uri: str) -> None:
    with pytest.raises(ValueError, match="is not of the form s3://bucket/key"):
        S3Location.parse(uri)


def test_folder_below_a_location_ends_with_a_slash() -> None:
    assert str(S3Location.parse("s3://b/out/").folder("job", "output")) == "s3://b/out/job/output/"
    assert str(S3Location.parse("s3://b").folder("job")) == "s3://b/job/"


def test_last_number_of_a_metric_counts() -> None:
    reader = MetricReader([{"Name": "loss", "Regex": '"loss": ([0-9.eE+-]+)'}])

    assert reader.read('{"loss": 2.5e-1}')
    assert reader.read('{"loss": 3}')
    assert not reader.read('{"loss": e}')
    assert not reader.read("nothing")

    (metric,) = reader.final()
    assert (metric["MetricName"], metric["Value"]) == ("loss", 3.0)


@pytest.mark.parametrize("text", ["inf", "nan", "1e999"])
def test_number_that_json_cannot_carry_is_no_metric(text: str) -> None:
    reader = MetricReader([{"Name": "loss", "Regex": r"loss=(\S+)"}])

    assert not reader.read(f"loss={text}")
    assert reader.final() == []


def test_times_of_events_are_whole_milliseconds() -> None:
    detail = {
        "CreationTime": 1.2345,
        "SecondaryStatusTransitions": [{"StartTime": 2.0, "Status": "Starting"}],
        "HyperParameters": {"EndTime": "3.0"},
    }

    assert in_milliseconds(detail) == {
        "CreationTime": 1234,
        "SecondaryStatusTransitions": [{"StartTime": 2000, "Status": "Starting"}],
        "HyperParameters": {"EndTime": "3.0"},
    }


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("InService", "IN_SERVICE"),
        ("Creating", "CREATING"),
        ("UpdateRollbackFailed", "UPDATE_ROLLBACK_FAILED"),
    ],
)
def test_endpoint_status_as_events_spell_it(status: str, told: str) -> None:
    assert upper_snake(status) == told


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("123.dkr.ecr.us-east-1.amazonaws.com/tunedrop-training:1.0", "tunedrop-training"),
        ("registry:5000/team/vllm@sha256:0123", "vllm"),
        ("registry/vllm:server-sagemaker-cuda-v2.6@sha256:0123", "vllm"),
        ("vllm", "vllm"),
    ],
)
def test_repository_name_of_an_image(uri: str, name: str) -> None:
    assert repository(uri) == name


@pytest.mark.parametrize(
    ("kind", "prefix"), [(TrainingJob, "TrainingJob"), (ProcessingJob, "ProcessingJob")]
)
def test_job_that_completes_while_it_is_being_stopped_is_stopped(kind: Any, prefix: str) -> None:
    told: list[str] = []
    events = SimpleNamespace(
        send=lambda _type, _arn, detail: told.append(detail[f"{prefix}Status"])
    )
    description = {f"{prefix}Name": "job", f"{prefix}Arn": "arn", f"{prefix}Status": "InProgress"}
    job = kind(description, SimpleNamespace(events=events), dict)

    job.begin()
    job.request_stop()
    job.end(Ending.COMPLETED)

    assert told == ["InProgress", "Stopping", "Stopped"]
    assert job.describe()[f"{prefix}Status"] == "Stopped"
