"""Runs a program as Docker runs a container: the same signals, exit codes and output."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from localcloud.guard import kill_group
from localcloud.sagemaker.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from localcloud.guard import ProcessGuard

POLL_SECONDS = 0.05
"""Time between two looks whether a program that was told to stop has ended."""
SIGNAL_EXIT_BASE = 128
"""`docker wait` reports exit code 128 + N for a program that signal N ended."""


class ContainerProcess:
    """A running program and everything it starts: they end together, as in a container."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        on_line: Callable[[str], None],
        guard: ProcessGuard,
    ) -> None:
        try:
            self._process = subprocess.Popen(
                list(command),
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ContractError(f"ClientError: cannot start the container: {error}") from error
        self._guard = guard
        self._ended = threading.Event()
        guard.add(self._process.pid)
        self._reader = threading.Thread(target=self._read, args=(on_line,), daemon=True)
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._reader.start()
        self._waiter.start()

    @property
    def pid(self) -> int:
        """The program's process id, which is its process group as well."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code as Docker reports it; None while the program runs."""
        if not self._ended.is_set():
            return None
        code = self._process.returncode
        return code if code >= 0 else SIGNAL_EXIT_BASE - code

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the program has ended within `timeout` seconds, its output read to the end."""
        return self._ended.wait(timeout)

    def stop(self, grace_seconds: float, hurry: threading.Event) -> None:
        """Send SIGTERM to the program alone, as `docker stop` does, and SIGKILL to all later.

        SIGKILL is sent after the grace time, or as soon as `hurry` is set.
        """
        if not self._ended.is_set():
            os.kill(self._process.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while not self.wait(POLL_SECONDS):
            if hurry.is_set() or time.monotonic() > deadline:
                self.kill()

    def kill(self) -> None:
        """Kill the program and everything it started."""
        if not self._ended.is_set():
            kill_group(self._process.pid)
        self.wait()

    def _wait(self) -> None:
        self._process.wait()
        # A container ends with its first process. What the program left running is killed as well;
        # it would also keep the output pipe open.
        kill_group(self._process.pid)
        self._reader.join()
        self._guard.remove(self._process.pid)
        self._ended.set()

    def _read(self, on_line: Callable[[str], None]) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as output:
            for line in output:
                on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
