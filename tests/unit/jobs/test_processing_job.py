"""Which drops are prepared by a processing job, and the request that creates it."""

import pytest

from tests.support.pipeline.request_policy import assert_valid_request
from tunedrop.dataset.sizing.footprint import Footprint
from tunedrop.documents.run import Run, Source
from tunedrop.jobs.processing_job import (
    FetchSettings,
    ProcessingSettings,
    instance_for,
    processing_job_request,
    why_too_large,
)

MB, GB = 1 << 20, 1 << 30
SETTINGS = ProcessingSettings(
    image="111122223333.dkr.ecr.us-east-1.amazonaws.com/tunedrop-training:1",
    role="arn:aws:iam::111122223333:role/prepare",
    stack="tunedrop",
    region="eu-central-1",
    memory=2048,
    limit=2048,
    fetch=FetchSettings(role="", hub="", secret=""),
)


def run() -> Run:
    source = Source("bucket", "datasets/tweets/tweets.csv", "v1", "e", "c", 10, "2026-11-23")
    return Run(
        run="0a1b2c3d4e5f",
        dataset="tweets",
        generation=1,
        source=source,
        recipe_digest="d",
        created="2026-11-23T12:00:00+00:00",
        attempt=3,
    )


@pytest.mark.parametrize(
    ("unpacked", "memory", "reason"),
    [
        (2048 * MB, 1433 * MB, None),
        (2048 * MB + MB, 200 * MB, "2,049.0 MB unpacked are more than the 2,048 MB"),
        (10 * MB, 1434 * MB, "need about 1,434 MB of memory"),
    ],
)
def test_memory_and_unpacked_size_decide_between_function_and_job(
    unpacked: int, memory: int, reason: str | None
) -> None:
    # When
    reason_found = why_too_large(Footprint(1_000, unpacked, memory), SETTINGS)

    # Then
    assert reason_found is None if reason is None else reason in (reason_found or "")


@pytest.mark.parametrize(
    ("gigabytes", "instance"),
    [(1, "ml.m5.xlarge"), (11, "ml.m5.xlarge"), (12, "ml.m5.4xlarge"), (9_999, "ml.r5.24xlarge")],
)
def test_the_chosen_instance_has_enough_memory_for_the_footprint(
    gigabytes: int, instance: str
) -> None:
    assert instance_for(Footprint(1, 1, gigabytes * GB)) == instance


def test_the_processing_job_request_is_valid_for_sagemaker() -> None:
    # When
    request = processing_job_request(run(), Footprint(1, 10 * GB, 20 * GB), SETTINGS)

    # Then
    assert_valid_request("CreateProcessingJob", request)
    assert request["ProcessingJobName"] == "tweets-0a1b2c3d4e5f-3"
    assert request["ProcessingResources"]["ClusterConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.4xlarge",
        "VolumeSizeInGB": 60,
    }
    assert request["Environment"] == {
        "DATA_BUCKET": "bucket",
        "PROCESSING_JOB": "tweets-0a1b2c3d4e5f-3",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


def test_the_volume_of_a_huge_drop_is_the_largest_valid_one() -> None:
    # When
    request = processing_job_request(run(), Footprint(1, 9_000 * GB, 20 * GB), SETTINGS)

    # Then
    assert_valid_request("CreateProcessingJob", request)
