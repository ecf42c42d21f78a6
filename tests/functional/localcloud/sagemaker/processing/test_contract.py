"""The container contract of a processing program: its files, variables, role and log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    BUCKET,
    ROLE,
    execution_statements,
)
from tests.support.local_aws.sagemaker.requests import processing_request

if TYPE_CHECKING:
    from tests.support.local_aws.sagemaker.cloud import Cloud

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"


def test_program_finds_its_configuration_as_on_aws(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    request = processing_request(name, "report", BUCKET, "more", Environment={"OWN": "value"})

    # When
    sagemaker.create_processing_job(**request)
    job = cloud.ended_processing_job(name)

    # Then
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


def test_environment_has_no_variable_of_the_host(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    request = processing_request(name, "report", BUCKET, Environment={"OWN": "value"})

    # When
    sagemaker.create_processing_job(**request)
    cloud.ended_processing_job(name)

    # Then
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
    # Given
    request = processing_request(name, "isolated", NetworkConfig={"EnableNetworkIsolation": True})

    # When
    sagemaker.create_processing_job(**request)

    # Then
    message = cloud.ended_processing_job(name)["ExitMessage"]
    assert message == "AWS_EC2_METADATA_DISABLED AWS_REGION"


def test_program_acts_with_the_role_of_the_job(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """The role may not write, so S3 refuses the program's own call."""
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])

    # When
    sagemaker.create_processing_job(**processing_request(name, "report", BUCKET, RoleArn=role))

    # Then
    assert cloud.ended_processing_job(name)["FailureReason"] == "AlgorithmError: , exit code: 1"
    assert "AccessDenied" in cloud.log_text(LOG_GROUP, name)


def test_jobs_are_listed_apart_from_training_jobs(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    sagemaker.create_processing_job(**processing_request(name, "leave_message_and_complete"))
    cloud.ended_processing_job(name)

    # When
    (listed,) = sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]

    # Then
    assert listed["ProcessingJobStatus"] == "Completed"
    assert sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"] == []
