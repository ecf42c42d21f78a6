"""A drop that no function takes is prepared by a processing job, and the run goes on."""

from typing import Any

from tests.e2e.test_once_and_the_newest import FAST
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


def test_given_a_drop_that_is_too_large_when_its_job_is_done_then_the_run_is_the_same_and_goes_on(
    small: Cloud, cloud: Cloud
) -> None:
    for one in (small, cloud):
        one.drop("large", ROWS, FAST)

    def training() -> str | None:
        run = small.current_run("large") or {}
        return run.get("job") or (run.get("error") and str(run["error"]))

    job = wait_for(training, small.logs)
    run, by_function = small.current_run("large"), cloud.reached("large", "train")
    assert run
    sagemaker = small.client("sagemaker")

    def ended() -> bool:
        found = sagemaker.describe_processing_job(ProcessingJobName=job)
        return bool(found["ProcessingJobStatus"] == "Completed")

    wait_for(ended, small.logs)
    log = small.client("logs").filter_log_events(logGroupName="/aws/sagemaker/ProcessingJobs")

    assert run["error"] is None
    assert run["processing"]["job"] == job
    assert by_function["processing"] is None
    assert "prepared" in "".join(event["message"] for event in log["events"])
    assert splits(small, run) == splits(cloud, by_function)
    assert sagemaker.describe_training_job(TrainingJobName=job)
    assert small.emails("large") == []


def test_given_a_job_that_is_stopped_by_hand_when_its_event_comes_then_one_email_says_so(
    small: Cloud,
) -> None:
    sagemaker = small.client("sagemaker")
    small.drop("stopped", labelled_rows(30_000), FAST)

    def found() -> list[Any]:
        summaries: list[Any] = sagemaker.list_processing_jobs(NameContains="stopped")[
            "ProcessingJobSummaries"
        ]
        return summaries

    (job,) = wait_for(found, small.logs)
    sagemaker.stop_processing_job(ProcessingJobName=job["ProcessingJobName"])
    run = small.ended("stopped")
    wait_for(lambda: small.emails("stopped"), small.logs)

    assert run["error"]["code"] == "processing"
    assert "was stopped by hand" in run["error"]["message"]
    assert len(small.emails("stopped")) == 1


def test_given_bad_data_when_the_job_finds_it_then_one_email_says_so(small: Cloud) -> None:
    small.drop("picture", b"\x89PNG\r\n\x1a\n\x00 no table at all")
    run = small.ended("picture")
    wait_for(lambda: small.emails("picture"), small.logs)

    assert run["error"]["code"] == "dataset"
    jobs = small.client("sagemaker").list_processing_jobs(NameContains="picture")
    assert len(jobs["ProcessingJobSummaries"]) == 1
    assert len(small.emails("picture")) == 1
