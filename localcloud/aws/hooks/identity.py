"""Roles: who may assume them, who may pass them, and what their sessions may do."""

from __future__ import annotations

import json
import time
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.services import iam, sts

from localcloud.service import Credentials, ServiceError

SESSION_SECONDS = 36 * 3600
"""36 hours, longer than any local job: a session is not renewed while its process runs."""


_pin = iam_evaluator.pin_signed_request
_is_root_key = iam_evaluator._is_root_key  # noqa: SLF001
_trust_principal_matches = iam_evaluator._trust_principal_matches  # noqa: SLF001


def install() -> None:
    """Check what ministack takes for true of the account's root.

    It lets root assume a role that trusts a service only, and does not check root's signatures.
    """
    iam_evaluator._trust_principal_matches = _trusts_caller  # noqa: SLF001
    app.pin_signed_request = _pin_signed_request


def _pin_signed_request(*request: Any) -> None:
    """Note the signature of a request, so that it is checked; ministack leaves root's out."""
    iam_evaluator._is_root_key = lambda _key: False  # noqa: SLF001
    try:
        _pin(*request)
    finally:
        iam_evaluator._is_root_key = _is_root_key  # noqa: SLF001


def _trusts_caller(principal: Any, caller_arn: str, federated: bool) -> bool:  # noqa: FBT001
    """Whether a trust policy names the caller, who is never a service."""
    if isinstance(principal, dict) and not federated:
        principal = {kind: value for kind, value in principal.items() if kind != "Service"}
    trusted: bool = _trust_principal_matches(principal, caller_arn, federated)
    return trusted


def assume_role(role_arn: str, session_name: str, service_principal: str) -> Credentials:
    """Register a session of the role; raises ServiceError with SageMaker's message."""
    role_name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get(role_name)  # noqa: SLF001
    if role is None or not _trusts(role, service_principal):
        raise ServiceError(
            "ValidationException",
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
            f"principal '{service_principal}' to assume the role.",
        )
    credentials = Credentials(
        access_key_id=iam._gen_session_access_key(),  # noqa: SLF001
        secret_access_key=iam._gen_secret(),  # noqa: SLF001
        session_token=iam._gen_session_token(),  # noqa: SLF001
    )
    account = role_arn.split(":")[4]
    sts.register_session(
        credentials.access_key_id,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}",
            "UserId": f"{role['RoleId']}:{session_name}",
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": time.time() + SESSION_SECONDS,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return credentials


def _trusts(role: dict[str, Any], service_principal: str) -> bool:
    """Whether the trust policy allows the service; ministack's own check ignores services."""
    policy = role["AssumeRolePolicyDocument"]
    document = json.loads(policy) if isinstance(policy, str) else policy
    account = role["Arn"].split(":")[4]
    context = iam_evaluator.EvalContext(
        principal_arn=service_principal,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role["Arn"],
        region="",
        service_context={"aws:sourceaccount": account},
    )
    return any(
        statement["Effect"] == "Allow"
        and "sts:AssumeRole" in _as_list(statement["Action"])
        and iam_evaluator._service_principal_matches(  # noqa: SLF001
            statement["Principal"], service_principal
        )
        and iam_evaluator._conditions_met(statement.get("Condition", {}), context)  # noqa: SLF001
        for statement in _as_list(document["Statement"])
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check_action(
    access_key_id: str, action: str, resource_arn: str, region: str, context: dict[str, str]
) -> None:
    """Raise ServiceError `AccessDeniedException` unless the caller's policies allow the action."""
    denied = iam_evaluator.enforce(
        access_key_id,
        action,
        action.split(":", 1)[0],
        region,
        resource_arn=resource_arn,
        service_context=context,
    )
    if denied is None:
        return
    principal = getattr(denied, "principal_arn", access_key_id)
    raise ServiceError(
        "AccessDeniedException",
        f"User: {principal} is not authorized to perform: {action} on resource: {resource_arn} "
        f"because no identity-based policy allows the {action} action",
        status=400,
    )
