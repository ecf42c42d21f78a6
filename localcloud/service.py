"""Requests, answers and errors of a service that localcloud implements beside ministack's.

Error tree:
    LocalCloudError   this machine, or the way localcloud was started, is wrong
    ServiceError      an AWS error answer, with its code, message and HTTP status
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class LocalCloudError(Exception):
    """localcloud cannot continue; the message names the place and the remedy."""


class ServiceError(Exception):
    """An error answer of a service, as an AWS SDK reads it.

    Args:
        code: the AWS error code, e.g. `ResourceInUse` or `ValidationException`.
        message: what the caller reads.
        status: the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Temporary credentials of one role session; IAM is enforced for them."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def environment(self) -> dict[str, str]:
        """The three variables every AWS SDK reads."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRequest:
    """One AWS request, already authenticated and allowed by IAM."""

    operation: str
    """`CreateTrainingJob`; empty when no registered route matches the path."""
    payload: dict[str, Any]
    """The JSON body of an `X-Amz-Target` request; empty for a REST request."""
    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    access_key_id: str
    """The caller's, for `Emulator.check_pass_role` and `Emulator.check_action`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceResponse:
    """A REST answer, which is sent unchanged."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Service(Protocol):
    """An AWS service in this process."""

    def handle(self, request: ServiceRequest) -> dict[str, Any] | ServiceResponse:
        """Answer one request; called on a worker thread, several at a time.

        A dict is sent as JSON (datetimes as epoch seconds). Raises ServiceError for an AWS error;
        any other exception is logged and answered with status 500 `InternalFailure`.
        """
