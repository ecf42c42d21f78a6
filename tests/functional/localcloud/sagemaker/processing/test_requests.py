"""What CreateProcessingJob refuses, and with which message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    BUCKET,
    PASS_ROLE,
    REGION,
    TRAINING_IMAGE,
    allow,
)
from tests.support.local_aws.sagemaker.requests import processing_request

if TYPE_CHECKING:
    from tests.support.local_aws.sagemaker.cloud import Cloud

CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}


def refusal(sagemaker: Any, request: dict[str, Any]) -> tuple[str, str]:
    """Code and message of the error that CreateProcessingJob answers with."""
    with pytest.raises(ClientError) as refused:
        sagemaker.create_processing_job(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_name_can_be_used_once_and_a_training_job_may_have_it_too(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    request = processing_request(name, "leave_message_and_complete")
    sagemaker.create_processing_job(**request)

    # Then
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{name}"
    assert refusal(sagemaker, request) == (
        "ResourceInUse",
        (
            "Job name must be unique within an AWS account and region, and a job with this name "
            f"already exists ({arn})"
        ),
    )

    # And when
    cloud.ended_processing_job(name)

    # Then
    assert refusal(sagemaker, {**request, "ProcessingJobName": name.upper()})[0] == "ResourceInUse"
    with pytest.raises(ClientError, match="Requested resource not found"):
        sagemaker.describe_training_job(TrainingJobName=name)


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"ProcessingJobName": "under_score"}, "at 'processingJobName' failed to satisfy"),
        (
            {"ProcessingResources": {"ClusterConfig": {**CLUSTER, "InstanceType": "ml.no.huge"}}},
            "Value 'ml.no.huge' at 'processingResources.clusterConfig.instanceType' failed",
        ),
        (
            {"ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 30}}},
            "InstanceType is required in ClusterConfig",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 777_601}},
            "Member must have value less than or equal to 777600",
        ),
        (
            {"AppSpecification": {"ImageUri": TRAINING_IMAGE, "ContainerEntrypoint": ["bash"]}},
            (
                f"Requested image {TRAINING_IMAGE} with the entry point 'bash' not found. "
                "localcloud has the repositories and entry points: broken process, "
                "tunedrop-training fetch, tunedrop-training process"
            ),
        ),
        (
            {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/missing"},
            f"Could not assume role arn:aws:iam::{ACCOUNT}:role/missing.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_request_that_aws_refuses_is_refused(
    sagemaker: Any, name: str, changes: dict[str, Any], violation: str
) -> None:
    # When
    code, message = refusal(sagemaker, processing_request(name, "report", **changes))

    # Then
    assert code == "ValidationException"
    assert violation in message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {
                "ProcessingInputs": [
                    {
                        "InputName": "rows",
                        "S3Input": {"S3Uri": f"s3://{BUCKET}/data", "S3DataType": "S3Prefix"},
                    }
                ]
            },
            "CreateProcessingJob ProcessingInputs",
        ),
        (
            {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "rows"}]}},
            "CreateProcessingJob ProcessingOutputConfig",
        ),
        (
            {"ProcessingResources": {"ClusterConfig": {**CLUSTER, "InstanceCount": 2}}},
            "InstanceCount other than 1",
        ),
        ({"AppSpecification": {"ImageUri": TRAINING_IMAGE}}, "the ENTRYPOINT of an image"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_not_emulated_is_refused_by_name(
    sagemaker: Any, name: str, changes: dict[str, Any], named: str
) -> None:
    # When
    code, message = refusal(sagemaker, processing_request(name, "report", **changes))

    # Then
    assert code == "NotEmulated"
    assert message.startswith(f"{named} is not emulated by localcloud")


def test_a_missing_job_is_refused_with_the_message_of_aws(sagemaker: Any) -> None:
    # When
    with pytest.raises(ClientError, match="Could not find requested job with name: no") as missing:
        sagemaker.describe_processing_job(ProcessingJobName="no")

    # Then
    assert missing.value.response["Error"]["Code"] == "ValidationException"


def test_stop_of_an_ended_job_is_refused(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    sagemaker.create_processing_job(**processing_request(name, "leave_message_and_complete"))
    cloud.ended_processing_job(name)

    # Then
    with pytest.raises(ClientError, match="processing job is in status Completed"):
        sagemaker.stop_processing_job(ProcessingJobName=name)


def test_caller_with_the_right_permissions_may_create(cloud: Cloud, name: str) -> None:
    # Given
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/t-*"
    actions = ("CreateProcessingJob", "AddTags")
    statements = [*(allow(f"sagemaker:{action}", arn) for action in actions), PASS_ROLE]
    tags = [{"Key": "run", "Value": "x"}]
    request = processing_request(name, "leave_message_and_complete", Tags=tags)

    # When
    cloud.caller(name, statements).create_processing_job(**request)

    # Then
    assert cloud.ended_processing_job(name)["ProcessingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("statements", "refused_action"),
    [
        ([allow("sagemaker:CreateProcessingJob"), allow("sagemaker:AddTags")], "iam:PassRole"),
        ([allow("sagemaker:CreateProcessingJob"), PASS_ROLE], "sagemaker:AddTags"),
        (
            [
                allow(
                    "sagemaker:CreateProcessingJob",
                    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/*",
                ),
                allow("sagemaker:AddTags"),
                PASS_ROLE,
            ],
            "sagemaker:CreateProcessingJob",
        ),
    ],
    ids=["no PassRole", "no AddTags", "training jobs only"],
)
def test_caller_without_a_permission_is_denied_and_no_job_exists(
    cloud: Cloud,
    sagemaker: Any,
    name: str,
    statements: list[dict[str, Any]],
    refused_action: str,
) -> None:
    # Given
    request = processing_request(name, "report", Tags=[{"Key": "run", "Value": "x"}])

    # When
    code, message = refusal(cloud.caller(name, statements), request)

    # Then
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: {refused_action}" in message
    with pytest.raises(ClientError, match="Could not find requested job"):
        sagemaker.describe_processing_job(ProcessingJobName=name)
