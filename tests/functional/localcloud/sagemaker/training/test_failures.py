"""The reasons for which a training job fails, and the permissions of its role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    BUCKET,
    execution_statements,
)
from tests.support.local_aws.sagemaker.requests import (
    channel,
    training_request,
)

if TYPE_CHECKING:
    from tests.support.local_aws.sagemaker.cloud import (
        Cloud,
    )


def test_failure_file_is_the_failure_reason_cut_to_1024_characters(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # When
    sagemaker.create_training_job(**training_request(name, "fail"))

    # Then
    job = cloud.ended_job(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: the loss is not a number !!!")
    assert len(job["FailureReason"]) == 1024
    assert "ModelArtifacts" not in job
    assert cloud.keys(f"out/{name}/output/model") == []


def test_the_failure_reason_has_the_exit_code_without_a_message(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # When
    sagemaker.create_training_job(**training_request(name, "crash"))

    # Then
    assert cloud.ended_job(name)["FailureReason"] == "AlgorithmError: , exit code: 7"


def test_program_that_cannot_start_fails_the_job(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    request = training_request(name, "report")
    request["AlgorithmSpecification"]["TrainingImage"] = "registry/broken:1"

    # When
    sagemaker.create_training_job(**request)

    # Then
    reason = cloud.ended_job(name)["FailureReason"]
    assert reason.startswith("ClientError: cannot start the container:")


def test_channel_without_objects_fails_in_aws_words(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    request = training_request(name, "report", InputDataConfig=[channel("train", "nothing/here")])

    # When
    sagemaker.create_training_job(**request)
    job = cloud.ended_job(name)

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "ClientError: Data download failed:No S3 objects found under S3 URL "
        f'"s3://{BUCKET}/nothing/here" given in input data source.'
    )


@pytest.mark.parametrize("forbidden", ["s3:GetObject", "s3:ListBucket"])
def test_channel_is_read_with_the_role_of_the_job(
    cloud: Cloud, sagemaker: Any, name: str, forbidden: str
) -> None:
    """The role lacks one permission, and the failure reason has S3's own message."""
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": forbidden, "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])

    # When
    sagemaker.create_training_job(**training_request(name, "report", RoleArn=role))
    job = cloud.ended_job(name)

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed:")
    assert "AccessDenied" in job["FailureReason"]


def test_artifact_that_may_not_be_written_fails_the_job(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])

    # When
    sagemaker.create_training_job(**training_request(name, "report", RoleArn=role))

    # Then
    reason = cloud.ended_job(name)["FailureReason"]
    assert reason.startswith("ClientError: Artifact upload failed:")
    assert "AccessDenied" in reason


def test_tensorboard_files_that_may_not_be_written_fail_the_job(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    folder = f"arn:aws:s3:::{BUCKET}/watched/*"
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": folder}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])
    request = training_request(
        name,
        "tensorboard",
        RoleArn=role,
        TensorBoardOutputConfig={"S3OutputPath": f"s3://{BUCKET}/watched"},
    )

    # When
    sagemaker.create_training_job(**request)

    # Then
    reason = cloud.ended_job(name)["FailureReason"]
    assert reason.startswith("ClientError: TensorBoard upload failed:")
    assert "AccessDenied" in reason


def test_role_that_may_not_write_logs_loses_the_logs_alone(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    statements = [item for item in execution_statements() if "logs" not in str(item["Action"])]
    cloud.put_role(role, ["sagemaker.amazonaws.com"], statements)

    # When
    sagemaker.create_training_job(**training_request(name, "report", RoleArn=role))

    # Then
    assert cloud.ended_job(name)["TrainingJobStatus"] == "Completed"
