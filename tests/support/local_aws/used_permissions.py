"""Which statements of the stack's roles the calls of its runs needed.

Each statement is removed in turn, and the calls that localcloud noted are evaluated again by the
same rules. A statement is needed when a call is refused without it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ministack.core import iam_evaluator

from localcloud.aws.hooks.permissions import FILE
from tests.support.local_aws.cloud import Cloud
from tests.support.local_aws.stack_roles import role_policies

Statement = dict[str, Any]


class Call(NamedTuple):
    """A call that a role of the stack made and was allowed to make."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, Any]


class Role(NamedTuple):
    """A role of the template: all its statements, and the calls that it made."""

    name: str
    """Its logical id."""
    statements: list[Statement]
    calls: list[Call]


def roles_of(cloud: Cloud) -> list[Role]:
    """Read the roles of the deployed stack and the calls that localcloud noted for them."""
    resources = cloud.client("cloudformation").describe_stack_resources(StackName="tunedrop")
    ids = {
        found["PhysicalResourceId"]: found["LogicalResourceId"]
        for found in resources["StackResources"]
        if found["ResourceType"] == "AWS::IAM::Role"
    }
    calls: dict[str, list[Call]] = {physical: [] for physical in ids}
    file = cloud.directory / FILE  # It comes with the first call.
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        noted = json.loads(line)
        if noted["role"] in calls:
            members = (noted[name] for name in ("principal", "action", "resource", "context"))
            calls[noted["role"]].append(Call(*members))
    return [
        Role(logical, statements_of(cloud, logical), calls[physical])
        for physical, logical in ids.items()
    ]


def statements_of(cloud: Cloud, role: str) -> list[Statement]:
    """Return the statements of all inline policies of a role."""
    return [
        statement
        for document in role_policies(cloud, role).values()
        for statement in document["Statement"]
    ]


def title(role: Role, statement: Statement) -> str:
    """Return how messages name a statement."""
    return f"{role.name}: {statement.get('Sid') or json.dumps(statement)}"


def unneeded(roles: Iterable[Role]) -> Iterator[str]:
    """Yield each allowing statement without which every noted call is still allowed.

    Roles of the same name, of two stacks from the same template, are looked at together.
    """
    merged: dict[str, Role] = {}
    for role in roles:
        known = merged.get(role.name)
        merged[role.name] = role._replace(calls=[*known.calls, *role.calls]) if known else role
    for role in merged.values():
        for number, statement in enumerate(role.statements):
            rest = [*role.statements[:number], *role.statements[number + 1 :]]
            if statement["Effect"] == "Allow" and all(
                allows(rest, call) or not allows([statement], call) for call in role.calls
            ):
                yield title(role, statement)


def allows(statements: list[Statement], call: Call) -> bool:
    """Return whether a role with these statements may make the call."""
    parsed = iam_evaluator.parse_policy_document({"Statement": statements})
    context = iam_evaluator.EvalContext(
        principal_arn=call.principal,
        principal_type="AssumedRole",
        principal_account=call.principal.split(":")[4],
        action=call.action,
        resource_arn=call.resource,
        region="us-east-1",
        service_context=dict(call.context),
    )
    return bool(iam_evaluator.evaluate(context, [parsed]).decision == "Allow")


def conditions_that_refuse_nothing(roles: Iterable[Role]) -> Iterator[str]:
    """Yield each condition of an allowing statement that no changed call meets.

    Every noted call that only this statement allows is made again with another value of the
    condition's key; one of them must be refused.
    """
    for role in roles:
        for statement in role.statements:
            used = [call for call in role.calls if allows([statement], call)]
            if statement["Effect"] != "Allow" or not used:
                continue
            for key in keys_of(statement):
                changed = (
                    call._replace(context={**call.context, key.lower(): "changed-by-the-test"})
                    for call in used
                )
                if all(allows(role.statements, call) for call in changed):
                    yield f"{title(role, statement)}, {key}"


def keys_of(statement: Statement) -> list[str]:
    """Return the condition keys of a statement."""
    return [key for block in statement.get("Condition", {}).values() for key in block]
