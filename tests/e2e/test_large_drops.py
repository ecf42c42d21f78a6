"""Drops that are too large for a function: a processing job prepares them."""

from typing import Any

from tests.e2e.recipes import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

ROWS = labelled_rows(60) + b",empty\n"
SPLITS = ("train", "validation", "test", "rejected")


def splits(cloud: Cloud, run: dict[str, Any]) -> dict[str, bytes]:
    folder = f"runs/{run['dataset']}/{run['run']}/dataset"
    return {
        name: cloud.s3.get_object(Bucket=cloud.bucket, Key=f"{folder}/{name}.jsonl")["Body"].read()
        for name in SPLITS
    }


def test_a_processing_job_makes_the_same_splits_and_training_starts(
    small: Cloud, cloud: Cloud
) -> None:
    # Given
    sagemaker = small.client("sagemaker")

    def training() -> str | None:
        run = small.current_run("large") or {}
        return run.get("job") or (run.get("error") and str(run["error"]))

    def ended() -> bool:
        found = sagemaker.describe_processing_job(ProcessingJobName=job)
        return bool(found["ProcessingJobStatus"] == "Completed")

    # When
    for one in (small, cloud):
        one.drop("large", ROWS, FAST)
    job = wait_for(training, small.logs)
    run, by_function = small.current_run("large"), cloud.reached("large", "train")
    wait_for(ended, small.logs)

    # Then
    log = small.client("logs").filter_log_events(logGroupName="/aws/sagemaker/ProcessingJobs")
    assert run
    assert run["error"] is None
    assert run["processing"]["job"] == job
    assert by_function["processing"] is None
    assert "prepared" in "".join(event["message"] for event in log["events"])
    assert splits(small, run) == splits(cloud, by_function)
    assert sagemaker.describe_training_job(TrainingJobName=job)
    assert small.emails("large") == []


def test_a_processing_job_stopped_by_hand_sends_one_email(small: Cloud) -> None:
    # Given
    sagemaker = small.client("sagemaker")
    small.drop("stopped", labelled_rows(30_000), FAST)

    def found() -> list[Any]:
        summaries: list[Any] = sagemaker.list_processing_jobs(NameContains="stopped")[
            "ProcessingJobSummaries"
        ]
        return summaries

    # When
    (job,) = wait_for(found, small.logs)
    sagemaker.stop_processing_job(ProcessingJobName=job["ProcessingJobName"])
    run = small.ended("stopped")
    wait_for(lambda: small.emails("stopped"), small.logs)

    # Then
    assert run["error"]["code"] == "processing"
    assert "was stopped by hand" in run["error"]["message"]
    assert len(small.emails("stopped")) == 1


def test_bad_data_in_a_processing_job_sends_one_email(small: Cloud) -> None:
    # When
    small.drop("picture", b"\x89PNG\r\n\x1a\n\x00 no table at all")
    run = small.ended("picture")
    wait_for(lambda: small.emails("picture"), small.logs)

    # Then
    assert run["error"]["code"] == "dataset"
    jobs = small.client("sagemaker").list_processing_jobs(NameContains="picture")
    assert len(jobs["ProcessingJobSummaries"]) == 1
    assert len(small.emails("picture")) == 1
