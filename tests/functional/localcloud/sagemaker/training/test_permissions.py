"""The permissions that CreateTrainingJob needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    PASS_ROLE,
    REGION,
    allow,
    document,
    execution_statements,
)
from tests.support.local_aws.sagemaker.requests import (
    training_request,
)

if TYPE_CHECKING:
    from tests.support.local_aws.sagemaker.cloud import (
        Cloud,
    )


def refusal(sagemaker: Any, request: dict[str, Any]) -> tuple[str, str]:
    """Code and message of the error that CreateTrainingJob answers with."""
    with pytest.raises(ClientError) as refused:
        sagemaker.create_training_job(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_caller_with_the_right_permissions_may_create(cloud: Cloud, name: str) -> None:
    # Given
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/t-*"
    statements = [
        allow("sagemaker:CreateTrainingJob", arn),
        allow("sagemaker:AddTags", arn),
        PASS_ROLE,
    ]
    request = training_request(name, "report", Tags=[{"Key": "run", "Value": "x"}])

    # When
    cloud.caller(name, statements).create_training_job(**request)

    # Then
    assert cloud.ended_job(name)["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("statements", "refused_action"),
    [
        ([allow("sagemaker:CreateTrainingJob"), allow("sagemaker:AddTags")], "iam:PassRole"),
        (
            [
                allow("sagemaker:CreateTrainingJob"),
                allow("sagemaker:AddTags"),
                allow(
                    "iam:PassRole",
                    Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
                ),
            ],
            "iam:PassRole",
        ),
        ([allow("sagemaker:CreateTrainingJob"), PASS_ROLE], "sagemaker:AddTags"),
        (
            [
                allow(
                    "sagemaker:CreateTrainingJob",
                    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/other-*",
                ),
                allow("sagemaker:AddTags"),
                PASS_ROLE,
            ],
            "sagemaker:CreateTrainingJob",
        ),
    ],
    ids=["no PassRole", "PassRole for another service", "no AddTags", "another job's name"],
)
def test_caller_without_a_permission_is_denied_and_no_job_exists(
    cloud: Cloud,
    sagemaker: Any,
    name: str,
    statements: list[dict[str, Any]],
    refused_action: str,
) -> None:
    # Given
    request = training_request(name, "report", Tags=[{"Key": "run", "Value": "x"}])

    # When
    code, message = refusal(cloud.caller(name, statements), request)

    # Then
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: {refused_action}" in message
    with pytest.raises(ClientError, match="Requested resource not found"):
        sagemaker.describe_training_job(TrainingJobName=name)


def test_role_that_does_not_trust_sagemaker_is_refused(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    cloud.put_role(role, ["lambda.amazonaws.com"], [allow("s3:*")])

    # When
    code, message = refusal(sagemaker, training_request(name, "report", RoleArn=role))

    # Then
    assert code == "ValidationException"
    assert message.startswith(f"Could not assume role {role}.")


@pytest.mark.parametrize(("account", "code"), [(ACCOUNT, ""), ("999999999999", "refused")])
def test_a_role_may_trust_sagemaker_for_one_account_only(
    account: str, code: str, cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document([trust]))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name, PolicyName="own", PolicyDocument=document(execution_statements())
    )
    request = training_request(name, "report", RoleArn=role)

    # When / Then
    if code:
        assert refusal(sagemaker, request)[1].startswith(f"Could not assume role {role}.")
    else:
        sagemaker.create_training_job(**request)


def test_tags_are_conditions_of_creation_and_of_later_calls(cloud: Cloud, name: str) -> None:
    # Given
    team = {"StringEquals": {"aws:RequestTag/team": "a"}}
    at_creation = {"StringEquals": {"sagemaker:TaggingAction": "CreateTrainingJob"}}
    of_team = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    caller = cloud.caller(
        name,
        [
            allow("sagemaker:CreateTrainingJob", Condition=team),
            allow("sagemaker:AddTags", Condition=at_creation),
            allow("sagemaker:DescribeTrainingJob", Condition=of_team),
            PASS_ROLE,
        ],
    )
    tags = {team: [{"Key": "team", "Value": team}] for team in ("a", "b")}

    # When
    refused, _ = refusal(caller, training_request(f"{name}-b", "report", Tags=tags["b"]))
    caller.create_training_job(**training_request(name, "report", Tags=tags["a"]))
    arn = caller.describe_training_job(TrainingJobName=name)["TrainingJobArn"]

    # Then
    assert refused == "AccessDeniedException"
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:AddTags"):
        caller.add_tags(ResourceArn=arn, Tags=tags["b"])
    with pytest.raises(ClientError, match="not authorized"):
        caller.describe_training_job(TrainingJobName=f"{name}-missing")
