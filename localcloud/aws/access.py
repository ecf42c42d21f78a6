"""How services and functions use the emulated AWS: roles, permission checks and clients.

It is a module of its own because the parts of the emulator use it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.aws.process_setup import HOST
from localcloud.service import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.aws.process_setup import EmulatorSettings

ROOT_CREDENTIALS = Credentials(
    access_key_id="test",
    secret_access_key="test",  # noqa: S106  # ministack's root user; `up` prints it
    session_token="",
)


class Access:
    """The account, Region and endpoint of one emulated AWS, and how to act in it."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self.account_id = settings.account_id
        self.region = settings.region
        self.endpoint_url = f"http://{HOST}:{settings.port}"

    # --- identity -------------------------------------------------------------------------------

    def assume_role(
        self, role_arn: str, session_name: str, *, service_principal: str
    ) -> Credentials:
        """Return credentials of a session of the role, as the service gets them.

        Raises ServiceError `ValidationException`, with SageMaker's message, when the role is
        missing or its trust policy does not name the service.
        """
        from localcloud.aws.hooks import identity  # noqa: PLC0415

        return identity.assume_role(role_arn, session_name, service_principal)

    def check_pass_role(self, access_key_id: str, role_arn: str, service_principal: str) -> None:
        """Raise ServiceError `AccessDeniedException` unless the caller may pass the role."""
        self.check_action(
            access_key_id,
            "iam:PassRole",
            role_arn,
            context={"iam:PassedToService": service_principal},
        )

    def check_action(
        self,
        access_key_id: str,
        action: str,
        resource_arn: str,
        context: Mapping[str, str] | None = None,
    ) -> None:
        """Raise ServiceError `AccessDeniedException` unless IAM allows the caller the action."""
        from localcloud.aws.hooks import identity  # noqa: PLC0415

        identity.check_action(access_key_id, action, resource_arn, self.region, dict(context or {}))

    # --- clients --------------------------------------------------------------------------------

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def environment(self, credentials: Credentials = ROOT_CREDENTIALS) -> dict[str, str]:
        """The variables with which any AWS SDK reaches this AWS; none comes from the host."""
        variables = {
            **credentials.environment(),
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint_url,
        }
        return {name: value for name, value in variables.items() if value}

    def client(self, service_name: str, credentials: Credentials = ROOT_CREDENTIALS) -> Any:
        """A boto3 client of this AWS."""
        import boto3  # noqa: PLC0415  # 0.3 s, and not every use of this module needs it

        session: Any = boto3.session.Session()  # its types want the service name as a literal
        return session.client(
            service_name,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token or None,
        )
