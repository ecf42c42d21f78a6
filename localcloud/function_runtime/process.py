"""One execution environment: a process that answers one invocation at a time.

Memory is limited as on AWS: the process is killed when its resident set exceeds MemorySize. A
resource limit would be wrong: RLIMIT_AS and RLIMIT_DATA count reserved memory (8 MB of stack for
every thread, allocator arenas, memory-mapped files), so a function with a thread pool would fail
far below its limit. The resident set is read from /proc; without it memory is not limited.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.function_runtime.bootstrap import MARKER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.function_runtime.specification import FunctionSpecification

INIT_SECONDS = 60
"""The limit for the import of the handler. AWS has 10 seconds; a busy laptop needs more."""
POLL_SECONDS = 0.05
"""Time between two checks of the process's memory and deadline."""
LOG_WAIT_SECONDS = 2.0
"""The limit for the end of an invocation's log, which arrives separately from its answer."""
BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class InvocationResult:
    """The result or the error of one invocation, with its log."""

    result: Any = None
    error: dict[str, Any] | None = None
    """`errorMessage`, `errorType` and, when the handler raised, `stackTrace`."""
    log: str = ""
    peak_memory_mb: int = 0


class _Ended(Exception):  # noqa: N818  # it names what happened to the process
    """The process did not answer; carries the error document."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.document = {"errorType": error_type, "errorMessage": message}


class FunctionProcess:
    """A started function; an invocation that exits, times out or exceeds the memory ends it."""

    def __init__(
        self, specification: FunctionSpecification, work_dir: Path, environment: Mapping[str, str]
    ) -> None:
        self.specification = specification
        self.initialized = False
        self._stopped = False
        self._peak_mb = 0
        self._work_dir = work_dir
        self._lines: list[str] = []
        self._log_complete = threading.Event()
        self._buffer = b""
        work_dir.mkdir(parents=True)
        self._answers, answer_end = os.pipe()
        self._process = subprocess.Popen(
            [_interpreter(), "-I", "-S", "-X", "utf8", str(BOOTSTRAP), str(answer_end)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=specification.code,
            pass_fds=[answer_end],
            start_new_session=True,
        )
        os.close(answer_end)
        threading.Thread(target=self._read_log, daemon=True).start()

    @property
    def group(self) -> int:
        """The process group: the process and everything it started."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can take an invocation."""
        return self._process.poll() is None and not self._stopped

    def initialize(self) -> dict[str, Any] | None:
        """Import the handler; returns the error document when that fails."""
        start = {"path": self.specification.path(), "handler": self.specification.handler}
        try:
            answer = self._exchange(start, time.monotonic() + INIT_SECONDS, "init")
        except _Ended as ended:
            return ended.document
        error: dict[str, Any] | None = answer.get("error")
        self.initialized = error is None
        return error

    def invoke(self, event: Any, request_id: str) -> InvocationResult:
        """Run the handler once; a process that does not answer in time is killed."""
        timeout = self.specification.timeout_seconds
        invocation = {
            "event": event,
            "request_id": request_id,
            "arn": self.specification.arn,
            "deadline": time.time() + timeout,
        }
        try:
            answer = self._exchange(invocation, time.monotonic() + timeout, request_id)
        except _Ended as ended:
            return InvocationResult(
                error=ended.document, log=self.take_log(), peak_memory_mb=self._peak_mb
            )
        return InvocationResult(
            result=answer.get("result"),
            error=answer.get("error"),
            log=self.take_log(),
            peak_memory_mb=max(self._peak_mb, self._memory("VmHWM")),
        )

    def take_log(self) -> str:
        """Everything printed since the last call."""
        self._log_complete.wait(LOG_WAIT_SECONDS if self.alive else POLL_SECONDS)
        lines, self._lines = self._lines, []
        return "\n".join(lines)

    def stop(self) -> None:
        """Kill the process and everything it started; a running invocation fails."""
        self._stopped = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def dispose(self) -> None:
        """Stop the process, close its pipes and remove its folder; must be called only once."""
        self.stop()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream:
                    stream.close()
        os.close(self._answers)
        shutil.rmtree(self._work_dir, ignore_errors=True)

    def _exchange(
        self, message: dict[str, Any], deadline: float, request_id: str
    ) -> dict[str, Any]:
        self._log_complete.clear()
        assert self._process.stdin is not None  # noqa: S101  # opened as a pipe above
        with contextlib.suppress(BrokenPipeError):  # a process that has ended is reported below
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        while True:
            readable, _, _ = select.select([self._answers], [], [], POLL_SECONDS)
            if readable:
                chunk = os.read(self._answers, 1 << 20)
                self._buffer += chunk
                if self._buffer.endswith(b"\n"):
                    answer: dict[str, Any] = json.loads(self._buffer)
                    self._buffer = b""
                    return answer
                if not chunk:
                    code = self._process.wait()
                    self._end(
                        "Runtime.ExitError",
                        request_id,
                        f"Runtime exited with error: exit status {code}",
                    )
            self._peak_mb = max(self._peak_mb, self._memory("VmRSS"))
            if self._peak_mb > self.specification.memory_mb:
                self._end(
                    "Runtime.ExitError", request_id, "Runtime exited with error: signal: killed"
                )
            if time.monotonic() > deadline:
                seconds = self.specification.timeout_seconds
                self._end(
                    "Sandbox.Timedout", request_id, f"Task timed out after {seconds}.00 seconds"
                )

    def _end(self, error_type: str, request_id: str, message: str) -> None:
        self.stop()
        raise _Ended(error_type, f"RequestId: {request_id} Error: {message}")

    def _memory(self, field: str) -> int:
        """Megabytes from /proc: VmRSS is the present value, VmHWM the peak; 0 without /proc."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return 0
        found = [line.split()[1] for line in status.splitlines() if line.startswith(field)]
        return int(found[0]) // 1024 if found else 0

    def _read_log(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # opened as a pipe above
        with contextlib.suppress(ValueError, OSError):  # dispose() closes it
            for raw in self._process.stdout:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                if line == MARKER:
                    self._log_complete.set()
                else:
                    self._lines.append(line)
        self._log_complete.set()


def _interpreter() -> str:
    """The Python of which the virtual environment was made: it lacks the environment's packages."""
    return getattr(sys, "_base_executable", sys.executable)
