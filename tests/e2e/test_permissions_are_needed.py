"""Each permission in the template is there because a run fails without it: IAM is enforced."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.e2e.test_once_and_the_newest import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


class Permission(NamedTuple):
    """An action that a role of the stack may take, and what fails without it."""

    role: str
    action: str
    resource: str
    """How the resource ends for which it is taken away; empty: for all."""
    stage: str
    by_a_job: bool = False
    """Whether a processing job prepares the data."""


PERMISSIONS = {
    "PassRole to the processing job": Permission(
        "PrepareFunctionRole", "iam:PassRole", "", "prepare", by_a_job=True
    ),
    "PassRole to the training job": Permission("TrainFunctionRole", "iam:PassRole", "", "train"),
    "GetObject of the training job": Permission(
        "TrainingJobRole", "s3:GetObject", "/dataset/train.jsonl", "train"
    ),
    "InvokeEndpoint": Permission(
        "EvaluateFunctionRole", "sagemaker:InvokeEndpoint", "", "evaluate"
    ),
}


@pytest.mark.parametrize("name", PERMISSIONS)
def test_given_a_role_without_a_permission_when_a_file_is_dropped_then_the_run_fails_there(
    name: str, cloud: Cloud, small: Cloud
) -> None:
    permission = PERMISSIONS[name]
    stack = small if permission.by_a_job else cloud
    dataset = f"denied-{list(PERMISSIONS).index(name)}"

    with without(stack, permission):
        stack.drop(dataset, labelled_rows(40), FAST)
        run = stack.ended(dataset)
        wait_for(lambda: stack.emails(dataset), stack.logs)

    assert run["status"] == "failed"
    assert run["error"]["stage"] == permission.stage
    assert "not authorized" in run["error"]["message"], run["error"]
    assert len(stack.emails(dataset)) == 1


@contextmanager
def without(cloud: Cloud, permission: Permission) -> Iterator[None]:
    """Take the permission from its role, and give it back."""
    iam, policies = cloud.client("iam"), role_policies(cloud, permission.role)
    changed = {
        name: reduced(document, permission)
        for name, document in policies.items()
        if permission.action in json.dumps(document)
    }
    assert changed
    role = role_name(cloud, permission.role)
    put = {"RoleName": role}
    try:
        for name, document in changed.items():
            iam.put_role_policy(**put, PolicyName=name, PolicyDocument=json.dumps(document))
        yield
    finally:
        for name, document in policies.items():
            iam.put_role_policy(**put, PolicyName=name, PolicyDocument=json.dumps(document))


def role_name(cloud: Cloud, logical_id: str) -> str:
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName="tunedrop", LogicalResourceId=logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def role_policies(cloud: Cloud, logical_id: str) -> dict[str, Any]:
    iam, role = cloud.client("iam"), role_name(cloud, logical_id)
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in names
    }


def reduced(document: dict[str, Any], permission: Permission) -> dict[str, Any]:
    """Return the policy without the action on the resource."""
    statements = []
    for statement in document["Statement"]:
        actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
        if permission.action in actions and permission.resource:
            resources = [one for one in resources if not one.endswith(permission.resource)]
        elif permission.action in actions:
            actions.remove(permission.action)
        if actions and resources:
            statements.append({**statement, "Action": actions, "Resource": resources})
    return {**document, "Statement": statements}


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else [*value]
