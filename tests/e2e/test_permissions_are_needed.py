"""Permissions of the template: without one of them, a run fails, because IAM is enforced."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.e2e.recipes import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for
from tests.support.local_aws.stack_roles import physical_id, role_policies

if TYPE_CHECKING:
    from collections.abc import Iterator


class Permission(NamedTuple):
    """An action that a role of the stack allows, and the stage that fails without it."""

    role: str
    action: str
    resource: str
    """The end of the resource for which the action is removed; empty: for every resource."""
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
def test_a_run_fails_in_the_stage_that_lacks_a_permission(
    name: str, cloud: Cloud, small: Cloud
) -> None:
    # Given
    permission = PERMISSIONS[name]
    stack = small if permission.by_a_job else cloud
    dataset = f"denied-{list(PERMISSIONS).index(name)}"

    # When
    with without(stack, permission):
        stack.drop(dataset, labelled_rows(40), FAST)
        run = stack.ended(dataset)
        wait_for(lambda: stack.emails(dataset), stack.logs)

    # Then
    assert run["status"] == "failed"
    assert run["error"]["stage"] == permission.stage
    assert "not authorized" in run["error"]["message"], run["error"]
    assert len(stack.emails(dataset)) == 1


@contextmanager
def without(cloud: Cloud, permission: Permission) -> Iterator[None]:
    """Remove the permission from its role, and restore it at the end."""
    iam, policies = cloud.client("iam"), role_policies(cloud, permission.role)
    changed = {
        name: reduced(document, permission)
        for name, document in policies.items()
        if permission.action in json.dumps(document)
    }
    assert changed
    role = physical_id(cloud, permission.role)
    put = {"RoleName": role}
    try:
        for name, document in changed.items():
            iam.put_role_policy(**put, PolicyName=name, PolicyDocument=json.dumps(document))
        yield
    finally:
        for name, document in policies.items():
            iam.put_role_policy(**put, PolicyName=name, PolicyDocument=json.dumps(document))


def reduced(document: dict[str, Any], permission: Permission) -> dict[str, Any]:
    """Return the policy without the action on the resource."""
    statements = []
    for statement in document["Statement"]:
        if statement["Effect"] == "Deny":
            statements.append(statement)
            continue
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
