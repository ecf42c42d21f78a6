"""Runs a configuration of an endpoint: download, start, health check, service, restarts, end."""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.container import Container
from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.hosting.endpoint import configured
from localcloud.sagemaker.hosting.model_data import download_model_data
from localcloud.sagemaker.hosting.server import Server, start_server
from localcloud.sagemaker.logs import LogStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.sagemaker.hosting.endpoint import Endpoint
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.settings import Image
    from localcloud.service import Credentials

LOG_GROUP_PREFIX = "/aws/sagemaker/Endpoints/"
DEFAULT_HEALTH_SECONDS = 480
"""AWS's default of ContainerStartupHealthCheckTimeoutInSeconds: 8 minutes."""
MAX_STARTS = 3
"""A program that exits this many times before it was healthy has failed. AWS would restart it until
the time of the health check is over."""
RESTART_PAUSE_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Pauses before successive restarts of an endpoint in service; the last one repeats."""
POLL_SECONDS = 0.1
"""Time between two looks whether the program has ended or the endpoint should end."""

log = logging.getLogger("localcloud.sagemaker")


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """What a deployment runs: a configuration and its model, the program and the role's keys."""

    config: dict[str, Any]
    model: dict[str, Any]
    image: Image
    credentials: Credentials

    @property
    def variant(self) -> dict[str, Any]:
        """The configuration's production variant."""
        variant: dict[str, Any] = self.config["ProductionVariants"][0]
        return variant

    @property
    def description(self) -> dict[str, Any]:
        """The members of the endpoint's description that it decides."""
        return configured(self.config, self.model["PrimaryContainer"]["Image"])


class Deployment:
    """Runs one configuration; downloads and logs use the model's role, as on AWS.

    After UpdateEndpoint, the new deployment starts beside the one before it (`predecessor`), which
    ends when the new one is healthy.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        configuration: Configuration,
        runtime: Runtime,
        predecessor: Deployment | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._configuration = configuration
        self._model = configuration.model
        self._runtime = runtime
        self._credentials = configuration.credentials
        self._predecessor = predecessor
        self._serves = False
        self.replaced = threading.Event()
        """Set when a later deployment serves, or when this one failed to replace another."""

    def run(self) -> None:
        """Run until it is replaced, the endpoint is deleted or the service closes."""
        with self._runtime.work_folder(self._endpoint.name) as folder:
            reason = self._serve_in(
                Container(
                    image=self._configuration.image,
                    credentials=self._credentials,
                    isolated=self._model.get("EnableNetworkIsolation", False),
                    folder=folder,
                )
            )
        if reason and not self._runtime.closing.is_set():
            self._fail(reason)
        # A failed endpoint can be described until it is deleted, although nothing runs.
        while not self._should_end():
            self._endpoint.delete_requested.wait(POLL_SECONDS)

    def _fail(self, reason: str) -> None:
        if self._predecessor is None or self._serves:
            self._endpoint.fail(reason)
        else:
            self._endpoint.roll_back(reason)
            self.replaced.set()

    def _serve_in(self, container: Container) -> str:
        """Serve; return why the endpoint failed, or an empty text when it did not fail."""
        try:
            download_model_data(
                self._runtime.store(self._credentials),
                self._model["PrimaryContainer"],
                container.root,
                lambda: not self._should_end(),
            )
            with self._log_stream() as logs:
                self._keep_serving(container, logs)
        except ContractError as failure:
            return str(failure)
        except Exception:
            log.exception("endpoint %s", self._endpoint.name)
            return "Internal error (see localcloud.log)"
        return ""

    def _log_stream(self) -> LogStream:
        return LogStream(
            self._runtime.platform.client("logs", self._credentials),
            f"{LOG_GROUP_PREFIX}{self._endpoint.name}",
            f"{self._configuration.variant['VariantName']}/i-{uuid.uuid4().hex[:17]}",
            self._runtime.settings.log_interval_seconds,
        )

    def _keep_serving(self, container: Container, logs: LogStream) -> None:
        """Start the program again whenever it exits, as AWS restarts a container."""
        seconds = self._configuration.variant.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_HEALTH_SECONDS
        )
        deadline = time.monotonic() + min(seconds, self._runtime.settings.max_health_check_seconds)
        exits = itertools.count(1)
        while not self._should_end():
            with self._started(container, logs) as server:
                if self._becomes_healthy(server, deadline):
                    deadline, exits = math.inf, itertools.count(1)
                    self._serve_until_exit(server)
            if not self._should_end():
                self._after_exit(next(exits))

    @contextmanager
    def _started(self, container: Container, logs: LogStream) -> Iterator[Server]:
        server = start_server(self._endpoint, self._model, self._runtime, container, logs)
        try:
            yield server
        except BaseException:
            server.process.kill()
            raise
        server.process.stop(self._runtime.settings.serve_stop_grace_seconds, self._runtime.closing)

    def _becomes_healthy(self, server: Server, deadline: float) -> bool:
        """Wait until /ping answers; False when the program ends first."""
        while not server.is_healthy():
            if time.monotonic() > deadline:
                raise ContractError(self._unhealthy())
            if server.process.wait(self._runtime.settings.ping_interval_seconds):
                return False
            if self._should_end():
                return False
        return True

    def _serve_until_exit(self, server: Server) -> None:
        if self._serves:
            self._endpoint.port = server.port
        else:
            self._begin_service(server)
        while not (server.process.wait(POLL_SECONDS) or self._should_end()):
            continue
        if self._endpoint.port == server.port:
            self._endpoint.port = None

    def _begin_service(self, server: Server) -> None:
        self._endpoint.end_update(server.port, self._configuration.description)
        self._serves = True
        if self._predecessor is not None:
            self._predecessor.replaced.set()

    def _after_exit(self, count: int) -> None:
        if not self._serves:
            if count >= MAX_STARTS:
                raise ContractError(self._unhealthy())
            return
        pause = RESTART_PAUSE_SECONDS[min(count, len(RESTART_PAUSE_SECONDS)) - 1]
        log.warning("endpoint %s: its program ended; restart in %s s", self._endpoint.name, pause)
        self._endpoint.delete_requested.wait(pause)

    def _unhealthy(self) -> str:
        return (
            "The primary container for production variant "
            f"{self._configuration.variant['VariantName']} did not pass the ping health check. "
            "Please check CloudWatch logs for this endpoint."
        )

    def _should_end(self) -> bool:
        events = (self._endpoint.delete_requested, self._runtime.closing, self.replaced)
        return any(event.is_set() for event in events)
