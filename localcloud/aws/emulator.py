"""The emulated AWS: ministack in this process, IAM enforced, on 127.0.0.1.

`server` starts ministack's application; only `localcloud/aws/hooks/` imports more of ministack.
Its version is pinned (1.5.33) because the hooks use private names, and each hook has a contract
test. How to use it:

    emulator = Emulator(EmulatorSettings(state_dir=Path(".local"), port=4566))
    emulator.register_service(                     # before or after start()
        "sagemaker",                               # IAM namespace and credential scope
        service,                                   # localcloud.service.Service
        target_prefix="SageMaker.",                # X-Amz-Target: SageMaker.CreateTrainingJob
        routes={r"POST /endpoints/[^/]+/invocations": "InvokeEndpoint"},   # full match
        resource_arn=lambda request: "arn:…",      # what IAM checks the caller's policies against
        resource_tags=lambda: [("arn:…", [])],     # for IAM's condition key aws:ResourceTag
    )
    emulator.start()                               # returns once it answers; raises LocalCloudError
    emulator.stop()                                # ends the server and the functions' processes

From a service, from any thread (see `access`):

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

from localcloud.aws.access import Access
from localcloud.aws.mail import Confirmations
from localcloud.aws.process_setup import EmulatorSettings, configure_process, lock_state
from localcloud.aws.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.aws.installation import Installation
    from localcloud.function_runtime.code import CodeStore
    from localcloud.service import Service, ServiceRequest


class Emulator(Access):
    """The AWS services of one account in one Region: starts, serves and stops them."""

    def __init__(self, settings: EmulatorSettings) -> None:
        super().__init__(settings)
        self.settings = settings
        self._confirmations = Confirmations(self.client, enabled=settings.confirm_emails)
        self._server = Server(settings.port)
        self._lock: IO[str] | None = lock_state(settings.state_dir)
        configure_process(settings)
        self._hooks = self._install_hooks()

    def require_free_port(self) -> None:
        """Raise LocalCloudError when the port is taken; called before anything slow is started."""
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
        """Email addresses that localcloud confirmed in their owners' place."""
        return self._confirmations.addresses

    @property
    def code(self) -> CodeStore:
        """The unpacked code of functions and layers."""
        return self._hooks.code

    def idle_seconds(self) -> float:
        """Seconds since a function last had an event to process, or one waited for a retry."""
        return self._hooks.idle_seconds()

    def make_schedules_due(self) -> None:
        """Let every schedule with a rate fire now: time has passed while localcloud was down."""
        from localcloud.aws.hooks import events  # noqa: PLC0415

        self._server.call(events.make_schedules_due)

    def finish_deployment(self) -> None:
        """Apply the properties that CloudFormation dropped, and wait for pending confirmations."""
        while self._hooks.dropped:
            self._hooks.dropped.pop().reconcile(self.client)
        self._confirmations.wait()

    def _install_hooks(self) -> Installation:
        from localcloud.aws.installation import Installation  # noqa: PLC0415

        return Installation(self.settings, self, self._confirmations.asked)

    # --- localcloud's services ------------------------------------------------------------------

    def register_service(  # noqa: PLR0913
        self,
        name: str,
        service: Service,
        *,
        target_prefix: str,
        routes: Mapping[str, str],
        resource_arn: Callable[[ServiceRequest], str],
        resource_tags: Callable[[], list[tuple[str, list[dict[str, str]]]]],
    ) -> None:
        """Let `service` answer the requests signed for `name`, behind IAM.

        Args:
            name: the IAM namespace, which is the credential scope as well (`sagemaker`).
            service: answers the requests.
            target_prefix: what `X-Amz-Target` begins with, the point included.
            routes: operation by regular expression of `METHOD /path`, for REST requests.
            resource_arn: the ARN a request acts on, or `*`.
            resource_tags: the tags of every resource by ARN, for aws:ResourceTag in policies.
        """
        from localcloud.aws.hooks import services  # noqa: PLC0415  # after configure_process

        services.register(
            services.Registration(
                name=name,
                service=service,
                target_prefix=target_prefix,
                routes=dict(routes),
                resource_arn=resource_arn,
                resource_tags=resource_tags,
            )
        )

    def list_tags(self, name: str, tags: Callable[[], Mapping[str, Mapping[str, str]]]) -> None:
        """Let the tagging API list the resources of a service; `tags` returns tags by ARN."""
        from localcloud.aws.hooks import tags as tagging  # noqa: PLC0415

        tagging.collect(name, tags)

    def emit_event(self, detail_type: str, resources: list[str], detail: Mapping[str, Any]) -> None:
        """Put one event of source `aws.sagemaker` on the default bus."""
        from localcloud.aws.hooks import events  # noqa: PLC0415

        text = json.dumps(detail, default=_json_default)
        self._server.call(lambda: events.put("aws.sagemaker", detail_type, resources, text))


def _json_default(value: Any) -> float:
    return float(value.timestamp())
