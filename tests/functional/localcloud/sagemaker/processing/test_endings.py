"""How a processing job ends, and the events of its state changes."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    REGION,
    TRAINING_IMAGE,
)
from tests.support.local_aws.sagemaker.cloud import (
    EVENT_COPIES,
    Cloud,
    Events,
    group_lives,
    wait_for,
)
from tests.support.local_aws.sagemaker.requests import (
    processing_request,
)

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
RUN_SECONDS = 5  # In less time, the program may not ignore SIGTERM yet.
MEMBERS = {
    "ProcessingJobName",
    "ProcessingJobArn",
    "ProcessingJobStatus",
    "ProcessingResources",
    "StoppingCondition",
    "AppSpecification",
    "RoleArn",
    "FailureReason",
    "ExitMessage",
    "CreationTime",
    "LastModifiedTime",
    "ProcessingStartTime",
    "ProcessingEndTime",
    "Tags",
}


def logged(cloud: Cloud, name: str, pattern: str) -> re.Match[str]:
    """Wait until the program has logged a line like this."""

    def look() -> re.Match[str] | None:
        try:
            return re.search(pattern, cloud.log_text(LOG_GROUP, name))
        except ClientError:
            return None

    return wait_for(look)


def test_the_exit_message_is_cut_and_shown_for_failures_too(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # When
    sagemaker.create_processing_job(**processing_request(name, "leave_message"))
    sagemaker.create_processing_job(
        **processing_request(f"{name}-well", "leave_message_and_complete")
    )

    # Then
    failed = cloud.ended_processing_job(name)
    assert failed["ProcessingJobStatus"] == "Failed"
    assert failed["FailureReason"] == "AlgorithmError: , exit code: 3"
    assert failed["ExitMessage"].startswith("the rows are gone !!!")
    assert len(failed["ExitMessage"]) == 1024
    well = cloud.ended_processing_job(f"{name}-well")
    assert (well["ProcessingJobStatus"], well["ExitMessage"]) == ("Completed", "all well")


def test_a_killed_program_is_advised_to_use_more_memory(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # When
    sagemaker.create_processing_job(**processing_request(name, "die"))

    # Then
    reason = cloud.ended_processing_job(name)["FailureReason"]
    assert reason.startswith("ClientError: Please use an instance type with more memory")


def test_program_that_cannot_start_fails_the_job(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    request = processing_request(name, "report")
    request["AppSpecification"]["ImageUri"] = "registry/broken:1"

    # When
    sagemaker.create_processing_job(**request)

    # Then
    reason = cloud.ended_processing_job(name)["FailureReason"]
    assert reason.startswith("ClientError: cannot start the container:")


def test_stopped_job_gets_sigterm_and_ends_with_all_it_started(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    sagemaker.create_processing_job(**processing_request(name, "work"))
    pid = int(logged(cloud, name, r"pid (\d+) working").group(1))

    # When
    sagemaker.stop_processing_job(ProcessingJobName=name)
    job = cloud.ended_processing_job(name)

    # Then
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in job
    wait_for(lambda: not group_lives(pid))
    assert list(cloud.sagemaker_dir.glob(f"{name}-*")) == []


def test_time_limit_sends_sigterm_then_sigkill(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """The program ignores SIGTERM and does not end before its time limit."""
    # Given
    request = processing_request(name, "ignore_everything")
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": RUN_SECONDS}

    # When
    sagemaker.create_processing_job(**request)
    job = cloud.ended_processing_job(name)

    # Then
    assert job["ProcessingJobStatus"] == "Stopped"
    assert (job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds() >= RUN_SECONDS


def test_events_carry_every_change_in_aws_spelling(
    cloud: Cloud, sagemaker: Any, name: str, events: Events
) -> None:
    """Each change has two events here, as AWS may send; times are milliseconds, tags a map."""
    # Given
    tags = [{"Key": "run", "Value": "abc"}]

    # When
    sagemaker.create_processing_job(**processing_request(name, "leave_message", Tags=tags))

    # Then
    received = events.until(lambda event: event["detail"].get("ProcessingJobStatus") == "Failed")
    statuses = [event["detail"]["ProcessingJobStatus"] for event in received]
    last = next(event for event in received if event["detail"]["ProcessingJobStatus"] == "Failed")
    job, detail = cloud.ended_processing_job(name), last["detail"]
    assert sorted(statuses) == ["Failed"] * EVENT_COPIES + ["InProgress"] * EVENT_COPIES
    assert last["source"] == "aws.sagemaker"
    assert last["detail-type"] == "SageMaker Processing Job State Change"
    assert last["resources"] == [job["ProcessingJobArn"]]
    assert job["ProcessingJobArn"] == (
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{name}"
    )
    assert set(detail) == MEMBERS
    assert detail["AppSpecification"]["ImageUri"] == TRAINING_IMAGE
    assert detail["Tags"] == {"run": "abc"}
    assert detail["CreationTime"] == round(job["CreationTime"].timestamp() * 1000)
