"""The HTTP server of the emulated AWS, on a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import importlib
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from localcloud.aws.process_setup import HOST, LOG_NAME
from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

START_TIMEOUT_SECONDS = 30.0
"""A server that accepts no connection after this time counts as failed."""
STOP_TIMEOUT_SECONDS = 10.0
"""The time that open requests have to end."""
FORWARDED = b"x-forwarded-proto"
"""The header with which a proxy says how the request came."""


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """Serves ministack on 127.0.0.1 until stopped."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shutdown: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name="localcloud-server", daemon=True)

    def require_free_port(self) -> None:
        """Raise LocalCloudError when the port is taken."""
        if _accepts(self.port):
            raise LocalCloudError(
                f"port {self.port} on {HOST} is taken: stop what listens there or choose another "
                "with --port"
            )

    def start(self) -> None:
        """Return once it answers; raises LocalCloudError when it cannot start."""
        self.require_free_port()
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not _accepts(self.port):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise LocalCloudError(
                    f"the local AWS did not start on port {self.port}: {self._failure}; "
                    f"see {LOG_NAME}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server; harmless when not started."""
        if self._loop and self._shutdown and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._shutdown.set)
            self._thread.join(timeout=STOP_TIMEOUT_SECONDS)

    def call(self, function: Callable[[], None]) -> None:
        """Run `function` on the server's event loop.

        ministack's state has no locks; it is safe because only the event loop uses it.
        """
        if self._loop is None:
            raise LocalCloudError("the local AWS is not started: call Emulator.start() first")
        if threading.current_thread() is self._thread:
            function()
            return

        async def call() -> None:
            function()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    def _serve(self) -> None:
        try:
            asyncio.run(self._serve_until_stopped())
        except BaseException as error:  # noqa: BLE001  # start() reports it
            self._failure = error

    async def _serve_until_stopped(self) -> None:
        app: Any = importlib.import_module("ministack.app")
        config: Any = importlib.import_module("hypercorn.config").Config()
        serve: Callable[..., Coroutine[Any, Any, None]] = importlib.import_module(
            "hypercorn.asyncio"
        ).serve
        config.bind = [f"{HOST}:{self.port}"]
        config.backlog = 1024  # connections beyond this queue are reset
        config.keep_alive_timeout = 75  # longer than an SDK keeps an idle connection (60 s)
        config.graceful_timeout = 2
        config.errorlog = logging.getLogger("hypercorn.error")
        self._loop = asyncio.get_running_loop()
        self._shutdown = asyncio.Event()
        await serve(_as_over_tls(app.app), config, shutdown_trigger=self._shutdown.wait)


def _as_over_tls(app: Any) -> Any:
    """Let requests count as sent over TLS, unless a header says otherwise.

    Policies of stacks deny requests without TLS. Here the loopback interface takes its place, as
    if a proxy in front of the server ended TLS.
    """

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = scope.get("headers", [])
        if scope["type"] == "http" and FORWARDED not in dict(headers):
            scope = {**scope, "headers": [*headers, (FORWARDED, b"https")]}
        await app(scope, receive, send)

    return answer


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
