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

import asyncio
import importlib
import json
import logging
import os
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.service import (
    Credentials,
    LocalCloudError,
    Service,
    ServiceError,
    ServiceRequest,
    ServiceResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

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

HOST = "127.0.0.1"
ROOT_CREDENTIALS = Credentials(
    access_key_id="test",
    secret_access_key="test",  # noqa: S106  # ministack's root, printed for the user by `up`
    session_token="",
)
START_TIMEOUT_SECONDS = 30.0

log = logging.getLogger("localcloud.emulator")


@dataclass(frozen=True, kw_only=True, slots=True)
class EmulatorSettings:
    """Where the emulator listens and keeps its state."""

    state_dir: Path
    """Holds the objects, the state of the services, the log and the work folders."""
    port: int
    account_id: str = "123456789012"
    region: str = "us-east-1"


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Emulator:
    """The AWS services of one account in one Region."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self.settings = settings
        self.account_id = settings.account_id
        self.region = settings.region
        self.endpoint_url = f"http://{HOST}:{settings.port}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._shutdown: asyncio.Event | None = None
        self._failure: BaseException | None = None
        _configure_process(settings)

    # --- the server -----------------------------------------------------------------------------

    def start(self) -> None:
        """Serve on 127.0.0.1; raises LocalCloudError when the port is taken or nothing starts."""
        _refuse_taken_port(self.settings.port)
        self._thread = threading.Thread(target=self._serve, name="localcloud-emulator", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not _accepts(self.settings.port):
            if self._failure or not self._thread.is_alive() or time.monotonic() > deadline:
                raise LocalCloudError(
                    f"the local AWS did not start on port {self.settings.port}: {self._failure}; "
                    f"see {self.settings.state_dir / 'localcloud.log'}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Write the state, end the Lambda processes and the server; harmless when not started."""
        if self._thread is None or self._loop is None or self._shutdown is None:
            return
        self._loop.call_soon_threadsafe(self._shutdown.set)
        self._thread.join(timeout=START_TIMEOUT_SECONDS)
        self._thread = None

    def _serve(self) -> None:
        try:
            asyncio.run(self._serve_until_stopped())
        except BaseException as error:  # noqa: BLE001  # told by start(), which waits for us
            self._failure = error

    async def _serve_until_stopped(self) -> None:
        app: Any = importlib.import_module("ministack.app")
        config: Any = importlib.import_module("hypercorn.config").Config()
        serve: Callable[..., Coroutine[Any, Any, None]] = importlib.import_module(
            "hypercorn.asyncio"
        ).serve
        config.bind = [f"{HOST}:{self.settings.port}"]
        config.keep_alive_timeout = 75  # longer than an SDK keeps an idle connection (60 s)
        config.graceful_timeout = 2
        config.errorlog = logging.getLogger("hypercorn.error")
        self._loop = asyncio.get_running_loop()
        self._shutdown = asyncio.Event()
        await serve(app.app, config, shutdown_trigger=self._shutdown.wait)

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
        self._call_on_loop(lambda: events.put("aws.sagemaker", detail_type, resources, text))

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

    def _call_on_loop(self, function: Callable[[], None]) -> None:
        """Run `function` where ministack runs its own handlers: its state has no locks."""
        if self._loop is None:
            raise LocalCloudError("the local AWS is not started: call Emulator.start() first")
        if threading.current_thread() is self._thread:
            function()
            return

        async def call() -> None:
            function()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()


def _json_default(value: Any) -> float:
    return float(value.timestamp())


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _refuse_taken_port(port: int) -> None:
    if _accepts(port):
        raise LocalCloudError(
            f"port {port} on {HOST} is taken: stop what listens there or choose another with --port"
        )


def _configure_process(settings: EmulatorSettings) -> None:
    """Set what ministack reads from the environment when it is imported.

    The host's own AWS settings are dropped first: they would become the emulator's root
    credentials, and nothing started from here may ever reach a real account.
    """
    state = settings.state_dir.resolve()
    for folder in ("state", "objects", "tmp"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    logging.basicConfig(  # or ministack would write to the console
        filename=state / "localcloud.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s [%(name)s] %(message)s",
    )
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        {
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": str(settings.port),
            "MINISTACK_ACCOUNT_ID": settings.account_id,
            "MINISTACK_REGION": settings.region,
            "AUTH": "true",
            "DOCKER_HOST": "unix:///nonexistent",  # containers are never started
            "IOT_MTLS_ENABLED": "0",  # would listen on a port of its own
            "SFTP_ENABLED": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    )
