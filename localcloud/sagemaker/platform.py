"""What this service needs of the AWS around it; `localcloud.aws.emulator.Emulator` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.service import Credentials


class Platform(Protocol):
    """Identity, events and clients. Every method may be called from any thread."""

    account_id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and Region."""

    def emit_event(self, detail_type: str, resources: list[str], detail: Mapping[str, Any]) -> None:
        """Put one event of source `aws.sagemaker` on the default bus."""

    def assume_role(
        self, role_arn: str, session_name: str, *, service_principal: str
    ) -> Credentials:
        """Credentials of the role; raises ServiceError when the service may not assume it."""

    def check_pass_role(self, access_key_id: str, role_arn: str, service_principal: str) -> None:
        """Raise ServiceError `AccessDeniedException` unless the caller may pass the role."""

    def check_action(
        self,
        access_key_id: str,
        action: str,
        resource_arn: str,
        context: Mapping[str, str] | None = None,
    ) -> None:
        """Raise ServiceError `AccessDeniedException` unless IAM allows the caller the action."""

    def client(self, service_name: str, credentials: Credentials) -> Any:
        """A boto3 client that acts with these credentials."""

    def environment(self, credentials: Credentials) -> dict[str, str]:
        """The variables with which an AWS SDK acts with these credentials."""
