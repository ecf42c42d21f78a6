"""What a processing program finds, what becomes of it, and how its job ends."""

from __future__ import annotations

import json
import re
from typing import Any

from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.cloud import (
    ACCOUNT,
    BUCKET,
    EVENT_COPIES,
    REGION,
    ROLE,
    TRAINING_IMAGE,
    Cloud,
    Events,
    execution_statements,
    processing_request,
    wait_for,
)
from tests.functional.localcloud.sagemaker.test_training_endings import group_lives

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
RUN_SECONDS = 5  # In less time a program may not have come to ignore SIGTERM.


def logged(cloud: Cloud, name: str, pattern: str) -> re.Match[str]:
    """What the program logs once it works."""

    def look() -> re.Match[str] | None:
        try:
            return re.search(pattern, cloud.log_text(LOG_GROUP, name))
        except ClientError:
            return None

    return wait_for(look)


def test_program_finds_its_configuration_as_on_aws(cloud: Cloud, sagemaker: Any, name: str) -> None:
    request = processing_request(name, "report", BUCKET, "more", Environment={"OWN": "value"})

    sagemaker.create_processing_job(**request)
    job = cloud.ended_processing_job(name)

    seen = json.loads(cloud.read(f"seen/{name}.json"))
    assert job["ProcessingJobStatus"] == "Completed"
    assert seen["arguments"] == ["report", BUCKET, "more"]
    assert seen["resourceconfig"] == {"current_host": "algo-1", "hosts": ["algo-1"]}
    assert seen["processingjobconfig"] == {
        "ProcessingJobArn": job["ProcessingJobArn"],
        "ProcessingJobName": name,
        "AppSpecification": request["AppSpecification"],
        "Environment": {"OWN": "value"},
        "ProcessingResources": request["ProcessingResources"],
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    assert f"wrote what {name} has seen" in cloud.log_text(LOG_GROUP, f"{name}/algo-1-")


def test_environment_holds_the_role_the_image_and_the_job_and_nothing_of_the_host(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    request = processing_request(name, "report", BUCKET, Environment={"OWN": "value"})

    sagemaker.create_processing_job(**request)
    cloud.ended_processing_job(name)

    environment = json.loads(cloud.read(f"seen/{name}.json"))["environment"]
    keys = {
        f"aws_{variable}": environment[f"AWS_{variable.upper()}"]
        for variable in ("access_key_id", "secret_access_key", "session_token")
    }
    identity = cloud.client("sts", keys).get_caller_identity()["Arn"]
    assert identity.endswith(":assumed-role/execution/SageMaker")
    assert environment["OWN"] == "value"
    assert environment["FROM_DOCKERFILE"] == "image"
    assert "HOST_SECRET" not in environment
    assert not [variable for variable in environment if variable.startswith("TRAINING")]


def test_network_isolation_gives_the_program_no_credentials(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    request = processing_request(name, "isolated", NetworkConfig={"EnableNetworkIsolation": True})

    sagemaker.create_processing_job(**request)

    told = cloud.ended_processing_job(name)["ExitMessage"]
    assert told == "AWS_EC2_METADATA_DISABLED AWS_REGION"


def test_program_acts_with_the_role_of_the_job(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """Given a role that may not write, the program's own call is refused."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])

    sagemaker.create_processing_job(**processing_request(name, "report", BUCKET, RoleArn=role))

    assert cloud.ended_processing_job(name)["FailureReason"] == "AlgorithmError: , exit code: 1"
    assert "AccessDenied" in cloud.log_text(LOG_GROUP, name)


def test_message_of_the_program_is_told_and_cut_also_when_it_fails(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    sagemaker.create_processing_job(**processing_request(name, "leave_message"))
    sagemaker.create_processing_job(
        **processing_request(f"{name}-well", "leave_message_and_complete")
    )

    failed = cloud.ended_processing_job(name)
    assert failed["ProcessingJobStatus"] == "Failed"
    assert failed["FailureReason"] == "AlgorithmError: , exit code: 3"
    assert failed["ExitMessage"].startswith("the rows are gone !!!")
    assert len(failed["ExitMessage"]) == 1024
    well = cloud.ended_processing_job(f"{name}-well")
    assert (well["ProcessingJobStatus"], well["ExitMessage"]) == ("Completed", "all well")


def test_killed_program_is_told_to_take_more_memory(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    sagemaker.create_processing_job(**processing_request(name, "die"))

    reason = cloud.ended_processing_job(name)["FailureReason"]
    assert reason.startswith("ClientError: Please use an instance type with more memory")


def test_program_that_cannot_start_fails_the_job(cloud: Cloud, sagemaker: Any, name: str) -> None:
    request = processing_request(name, "report")
    request["AppSpecification"]["ImageUri"] = "registry/broken:1"

    sagemaker.create_processing_job(**request)

    reason = cloud.ended_processing_job(name)["FailureReason"]
    assert reason.startswith("ClientError: cannot start the container:")


def test_stopped_job_gets_sigterm_and_ends_with_all_it_started(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    sagemaker.create_processing_job(**processing_request(name, "work"))
    pid = int(logged(cloud, name, r"pid (\d+) working").group(1))

    sagemaker.stop_processing_job(ProcessingJobName=name)
    job = cloud.ended_processing_job(name)

    assert job["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in job
    wait_for(lambda: not group_lives(pid))
    assert list(cloud.sagemaker_dir.glob(f"{name}-*")) == []


def test_time_limit_sends_sigterm_then_sigkill(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """Given a time limit that is over before the program has ended, and it ignores SIGTERM."""
    request = processing_request(name, "ignore_everything")
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": RUN_SECONDS}

    sagemaker.create_processing_job(**request)
    job = cloud.ended_processing_job(name)

    assert job["ProcessingJobStatus"] == "Stopped"
    assert (job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds() >= RUN_SECONDS


def test_events_carry_every_change_in_aws_spelling(
    cloud: Cloud, sagemaker: Any, name: str, events: Events
) -> None:
    """Each change is told twice here, as AWS may; times are milliseconds, tags a map."""
    tags = [{"Key": "run", "Value": "abc"}]
    sagemaker.create_processing_job(**processing_request(name, "leave_message", Tags=tags))

    told = events.until(lambda event: event["detail"].get("ProcessingJobStatus") == "Failed")

    statuses = [event["detail"]["ProcessingJobStatus"] for event in told]
    last = next(event for event in told if event["detail"]["ProcessingJobStatus"] == "Failed")
    job, detail = cloud.ended_processing_job(name), last["detail"]
    assert sorted(statuses) == ["Failed"] * EVENT_COPIES + ["InProgress"] * EVENT_COPIES
    assert last["source"] == "aws.sagemaker"
    assert last["detail-type"] == "SageMaker Processing Job State Change"
    assert last["resources"] == [job["ProcessingJobArn"]]
    assert job["ProcessingJobArn"] == (
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{name}"
    )
    assert set(detail) == {
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
    assert detail["AppSpecification"]["ImageUri"] == TRAINING_IMAGE
    assert detail["Tags"] == {"run": "abc"}
    assert detail["CreationTime"] == round(job["CreationTime"].timestamp() * 1000)


def test_jobs_are_listed_apart_from_training_jobs(cloud: Cloud, sagemaker: Any, name: str) -> None:
    sagemaker.create_processing_job(**processing_request(name, "leave_message_and_complete"))
    cloud.ended_processing_job(name)

    (listed,) = sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert listed["ProcessingJobStatus"] == "Completed"
    assert sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"] == []
