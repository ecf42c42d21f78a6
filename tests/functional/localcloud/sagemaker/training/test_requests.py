"""What CreateTrainingJob refuses, and with which message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.account import ACCOUNT, REGION
from tests.support.local_aws.sagemaker.requests import channel, training_request

if TYPE_CHECKING:
    from tests.support.local_aws.sagemaker.cloud import Cloud


def refusal(sagemaker: Any, request: dict[str, Any]) -> tuple[str, str]:
    """Code and message of the error that CreateTrainingJob answers with."""
    with pytest.raises(ClientError) as refused:
        sagemaker.create_training_job(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_name_can_be_used_once(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """The product uses names as locks: a name stays in use after the job, in any case."""
    # Given
    request = training_request(name, "report")
    sagemaker.create_training_job(**request)

    # When
    code, message = refusal(sagemaker, request)

    # Then
    assert code == "ResourceInUse"
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"
    assert message == (
        "Training job names must be unique within an AWS account and region, and a training job "
        f"with this name already exists ({arn})"
    )

    # And when
    cloud.ended_job(name)

    # Then
    assert refusal(sagemaker, {**request, "TrainingJobName": name.upper()})[0] == "ResourceInUse"


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        (
            {"TrainingJobName": "under_score"},
            (
                "1 validation error detected: Value 'under_score' at 'trainingJobName' failed to "
                "satisfy constraint: Member must satisfy regular expression pattern: "
                "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
            ),
        ),
        (
            {"HyperParameters": {"action": "x" * 2501}},
            "Map value must satisfy constraint: [Member must have length less than or equal to",
        ),
        (
            {"HyperParameters": {f"key{number}": "value" for number in range(101)}},
            (
                "at 'hyperParameters' failed to satisfy constraint: Member must have length less "
                "than or equal to 100"
            ),
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.g99.huge", "InstanceCount": 1}},
            (
                "Value 'ml.g99.huge' at 'resourceConfig.instanceType' failed to satisfy "
                "constraint: Member must satisfy enum value set: ["
            ),
        ),
        (
            {"InputDataConfig": [{**channel("train", "data/"), "ChannelName": "a b"}]},
            "Value 'a b' at 'inputDataConfig.1.member.channelName' failed to satisfy constraint",
        ),
        (
            {"StoppingCondition": {"MaxPendingTimeInSeconds": 1}},
            (
                "Value '1' at 'stoppingCondition.maxPendingTimeInSeconds' failed to satisfy "
                "constraint: Member must have value greater than or equal to 1800"
            ),
        ),
        (
            {"EnableManagedSpotTraining": True},
            (
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                "MaxRuntimeInSeconds"
            ),
        ),
        (
            {
                "ResourceConfig": {
                    "InstanceType": "ml.g6.xlarge",
                    "InstancePreferences": [{"InstanceType": "ml.g6.xlarge"}],
                }
            },
            "exactly one of InstanceType and InstancePreferences",
        ),
        (
            {"InputDataConfig": [channel("train", "a"), channel("train", "b")]},
            "Channel names must be unique: train, train",
        ),
        (
            {"OutputDataConfig": {"S3OutputPath": "https://bucket/x"}},
            "is not of the form s3://bucket/key",
        ),
        (
            {
                "AlgorithmSpecification": {
                    "TrainingImage": "registry/unknown:1",
                    "TrainingInputMode": "File",
                }
            },
            (
                "Requested image registry/unknown:1 not found. localcloud has a 'train' program "
                "for the repositories: broken, tunedrop-training"
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
    code, message = refusal(sagemaker, training_request(name, "report", **changes))

    # Then
    assert code == "ValidationException"
    assert violation in message


def test_every_violation_is_counted(sagemaker: Any) -> None:
    # Given
    request = training_request("-", "report", Tags=[{"Key": "a{b", "Value": "x"}])

    # When
    code, message = refusal(sagemaker, request)

    # Then
    assert code == "ValidationException"
    assert message.startswith("2 validation errors detected: ")
    assert "'tags.1.member.key'" in message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"DebugHookConfig": {"S3OutputPath": "s3://b/x"}}, "CreateTrainingJob DebugHookConfig"),
        (
            {"ResourceConfig": {"InstanceType": "ml.g6.xlarge", "InstanceCount": 2}},
            "InstanceCount other than 1",
        ),
        (
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "train",
                        "DataSource": {
                            "S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://b/k"}
                        },
                    }
                ]
            },
            "channel train: S3DataType ManifestFile",
        ),
        (
            {"CheckpointConfig": {"S3Uri": "s3://b/k", "LocalPath": "/var/data"}},
            "CheckpointConfig.LocalPath /var/data",
        ),
        (
            {"TensorBoardOutputConfig": {"S3OutputPath": "s3://b/k", "LocalPath": "/var/data"}},
            "TensorBoardOutputConfig.LocalPath /var/data",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_not_emulated_is_refused_by_name(
    sagemaker: Any, name: str, changes: dict[str, Any], named: str
) -> None:
    # When
    code, message = refusal(sagemaker, training_request(name, "report", **changes))

    # Then
    assert code == "NotEmulated"
    assert message.startswith(f"{named} is not emulated by localcloud")


def test_operation_that_is_not_emulated_is_refused_by_name(sagemaker: Any) -> None:
    # When
    with pytest.raises(ClientError, match="SageMaker ListNotebookInstances is not emulated") as no:
        sagemaker.list_notebook_instances()

    # Then
    assert no.value.response["Error"]["Code"] == "NotEmulated"
    assert no.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_member_that_aws_does_not_know_is_refused(cloud: Cloud, name: str) -> None:
    """boto3 refuses it before it sends the request; other clients do not."""
    # Given
    sagemaker = cloud.client("sagemaker")

    def add_member(params: dict[str, Any], **_rest: Any) -> None:
        params["body"] = params["body"].replace(b'{"Training', b'{"Trainning": 1, "Training', 1)

    sagemaker.meta.events.register("before-call.sagemaker.CreateTrainingJob", add_member)

    # When
    code, message = refusal(sagemaker, training_request(name, "report"))

    # Then
    assert code == "ValidationException"
    assert "Unknown member 'trainning'" in message


def test_a_missing_job_is_refused_with_the_message_of_aws(sagemaker: Any) -> None:
    # When
    with pytest.raises(ClientError, match="Requested resource not found") as missing:
        sagemaker.describe_training_job(TrainingJobName="missing")

    # Then
    assert missing.value.response["Error"]["Code"] == "ValidationException"
