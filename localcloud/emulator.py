"""The emulated AWS: ministack in this process, IAM enforced, on 127.0.0.1.

Only this module and `localcloud/ministack_hooks/` import ministack; its private names are pinned
(1.5.33) and each hook has a contract test. How to use it:

    emulator = Emulator(EmulatorSettings(state_dir=Path(".local"), port=4566))
    emulator.register_service(                     # before or after start()
        "sagemaker",                               # IAM namespace and credential scope
        service,                                   # localcloud.service.Service
        target_prefix="SageMaker.",                # X-Amz-Target: SageMaker.CreateTrainingJob
        routes={r"POST /endpoints/[^/]+/invocations": "InvokeEndpoint"},   # full match
        resource_arn=lambda request: "arn:…",      # what IAM checks the caller's policies against
    )
    emulator.start()                               # returns once it answers; raises LocalCloudError
    emulator.stop()                                # ends the server and every process of its own

From a service (from any thread):

    emulator.account_id, emulator.region, emulator.endpoint_url
    emulator.arn("sagemaker", "training-job/x")    # arn:aws:sagemaker:<region>:<account>:…
    emulator.emit_event("SageMaker Training Job State Change", [arn], detail)   # aws.sagemaker
    emulator.assume_role(role_arn, "SageMaker", service_principal="sagemaker.amazonaws.com")
        -> Credentials; ServiceError ValidationException when the role is missing or does not
           trust the service
    emulator.check_pass_role(request.access_key_id, role_arn, "sagemaker.amazonaws.com")
    emulator.check_action(request.access_key_id, "sagemaker:AddTags", arn)
        -> ServiceError AccessDeniedException when the caller's policies do not allow it
    emulator.client("s3", credentials)             # boto3; without credentials as root
    emulator.environment(credentials)              # variables with which an SDK reaches this AWS

The emulator keeps its state in module globals: one Emulator per process, started once.
"""

from __future__ import annotations

import json
import shutil
from typing import IO, TYPE_CHECKING, Any

from localcloud.confirmation import Confirmations
from localcloud.process_setup import HOST, EmulatorSettings, configure_process, lock_state
from localcloud.server import Server, free_port
from localcloud.service import (
    Credentials,
    LocalCloudError,
    Service,
    ServiceError,
    ServiceRequest,
    ServiceResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.function_runtime.code import CodeStore
    from localcloud.ministack_hooks.installation import Installation

__all__ = [
    "Credentials",
    "Emulator",
    "EmulatorSettings",
    "LocalCloudError",
    "Service",
    "ServiceError",
    "ServiceRequest",
    "ServiceResponse",
    "free_port",
]

ROOT_CREDENTIALS = Credentials(
    access_key_id="test",
    secret_access_key="test",  # noqa: S106  # ministack's root, printed for the user by `up`
    session_token="",
)


class Emulator:
    """The AWS services of one account in one Region."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self.settings = settings
        self.account_id = settings.account_id
        self.region = settings.region
        self.endpoint_url = f"http://{HOST}:{settings.port}"
        self._confirmations = Confirmations(self.client, enabled=settings.confirm_emails)
        self._server = Server(settings.port)
        self._lock: IO[str] | None = lock_state(settings.state_dir)
        configure_process(settings)
        self._hooks = self._install_hooks()

    def require_free_port(self) -> None:
        """Raise LocalCloudError when the port is taken: to be told before anything is begun."""
        self._server.require_free_port()

    def start(self) -> None:
        """Serve on 127.0.0.1; raises LocalCloudError when the port is taken or nothing starts."""
        self._server.start()
        self._hooks.start()

    def stop(self) -> None:
        """End the functions' processes and the server; harmless when not started."""
        self._hooks.stop()
        self._server.stop()
        if self._lock:
            shutil.rmtree(self.settings.state_dir / "tmp", ignore_errors=True)
            self._lock.close()
            self._lock = None

    @property
    def confirmed_addresses(self) -> list[str]:
        """Email addresses confirmed on their owners' behalf."""
        return self._confirmations.addresses

    @property
    def code(self) -> CodeStore:
        """The unpacked code of functions and layers."""
        return self._hooks.code

    def idle_seconds(self) -> float:
        """How long no event has been under way to a function, nor waited for its next attempt."""
        return self._hooks.idle_seconds()

    def make_schedules_due(self) -> None:
        """Let every schedule with a rate fire now: time has passed while localcloud was down."""
        from localcloud.ministack_hooks import schedules  # noqa: PLC0415

        self._server.call(schedules.make_due)

    def finish_deployment(self) -> None:
        """Put in place what CloudFormation dropped, and wait for confirmations under way."""
        while self._hooks.dropped:
            self._hooks.dropped.pop().reconcile(self.client)
        self._confirmations.wait()

    def _install_hooks(self) -> Installation:
        from localcloud.ministack_hooks.installation import Installation  # noqa: PLC0415

        return Installation(self, self._confirmations.asked)

    # --- services of our own --------------------------------------------------------------------

    def register_service(
        self,
        name: str,
        service: Service,
        *,
        target_prefix: str,
        routes: Mapping[str, str],
        resource_arn: Callable[[ServiceRequest], str],
    ) -> None:
        """Let `service` answer the requests signed for `name`, behind IAM.

        Args:
            name: the IAM namespace, which is the credential scope as well (`sagemaker`).
            service: answers the requests.
            target_prefix: what `X-Amz-Target` begins with, the point included.
            routes: operation by regular expression of `METHOD /path`, for REST requests.
            resource_arn: the ARN a request acts on, or `*`.
        """
        from localcloud.ministack_hooks import services  # noqa: PLC0415  # after _configure_process

        services.register(
            services.Registration(
                name=name,
                service=service,
                target_prefix=target_prefix,
                routes=dict(routes),
                resource_arn=resource_arn,
            )
        )

    def emit_event(self, detail_type: str, resources: list[str], detail: Mapping[str, Any]) -> None:
        """Put one event of source `aws.sagemaker` on the default bus."""
        from localcloud.ministack_hooks import events  # noqa: PLC0415

        text = json.dumps(detail, default=_json_default)
        self._server.call(lambda: events.put("aws.sagemaker", detail_type, resources, text))

    # --- identity -------------------------------------------------------------------------------

    def assume_role(
        self, role_arn: str, session_name: str, *, service_principal: str
    ) -> Credentials:
        """Credentials of `role_arn` as the service gets them.

        Raises ServiceError `ValidationException`, in SageMaker's words, when the role is missing
        or its trust policy does not name the service.
        """
        from localcloud.ministack_hooks import identity  # noqa: PLC0415

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
        from localcloud.ministack_hooks import identity  # noqa: PLC0415

        identity.check_action(access_key_id, action, resource_arn, self.region, dict(context or {}))

    # --- for clients ----------------------------------------------------------------------------

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def environment(self, credentials: Credentials = ROOT_CREDENTIALS) -> dict[str, str]:
        """The variables with which any AWS SDK reaches this AWS; nothing of the host's."""
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


def _json_default(value: Any) -> float:
    return float(value.timestamp())
