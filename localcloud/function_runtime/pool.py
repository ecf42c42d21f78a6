"""The execution environments of all functions: one for each invocation at a time, then reused."""

from __future__ import annotations

import logging
import threading
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.function_runtime.process import FunctionProcess, InvocationResult
from localcloud.function_runtime.specification import process_environment
from localcloud.guard import ProcessGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from localcloud.function_runtime.specification import FunctionSpecification

log = logging.getLogger("localcloud.functions")


class FunctionPool:
    """Starts, reuses and ends the processes of functions.

    Args:
        work_dir: each process gets a folder of its own in it.
        aws_environment: returns the AWS variables for a role's ARN and a session name.
    """

    def __init__(
        self, work_dir: Path, aws_environment: Callable[[str, str], Mapping[str, str]]
    ) -> None:
        self._work_dir = work_dir
        self._aws_environment = aws_environment
        self._idle: dict[str, list[FunctionProcess]] = {}
        self._busy: set[FunctionProcess] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._guard = ProcessGuard()

    def invoke(
        self, specification: FunctionSpecification, event: Any, request_id: str
    ) -> InvocationResult:
        """Run one invocation in an idle environment, or in a new one."""
        process = self._take_idle(specification) or self._start(specification)
        try:
            error = None if process.initialized else process.initialize()
            if error:
                process.stop()
                return InvocationResult(error=error, log=process.take_log())
            return process.invoke(event, request_id)
        finally:
            self._give_back(process)

    def end(self, function_name: str | None = None) -> None:
        """End the environments of one function, or of all; a running invocation fails."""
        with self._lock:
            names = [name for name in self._idle if function_name in (None, name)]
            idle = [process for name in names for process in self._idle.pop(name)]
            busy = [
                process
                for process in self._busy
                if function_name in (None, process.specification.name)
            ]
        for process in busy:
            process.stop()
        for process in idle:
            self._dispose(process)

    def close(self) -> None:
        """End every environment; none can be started afterwards."""
        self._closed = True
        self.end()
        self._guard.close()

    def _take_idle(self, specification: FunctionSpecification) -> FunctionProcess | None:
        with self._lock:
            idle = self._idle.get(specification.name, [])
            for process in idle:
                if process.alive and process.specification == specification:
                    idle.remove(process)
                    self._busy.add(process)
                    return process
        return None

    def _start(self, specification: FunctionSpecification) -> FunctionProcess:
        if self._closed:
            raise RuntimeError("localcloud is stopping and starts no function")
        token = uuid.uuid4().hex
        work_dir = self._work_dir / f"{specification.name}-{token[:8]}"
        aws = self._aws_environment(specification.role_arn, specification.name)
        environment = process_environment(specification, work_dir, aws, f"[$LATEST]{token}")
        process = FunctionProcess(specification, work_dir, environment)
        self._guard.add(process.group)
        log.info("started a process of %s", specification.name)
        with self._lock:
            self._busy.add(process)
        return process

    def _give_back(self, process: FunctionProcess) -> None:
        with self._lock:
            self._busy.discard(process)
            keep = process.alive and not self._closed
            if keep:
                self._idle.setdefault(process.specification.name, []).append(process)
        if not keep:
            self._dispose(process)

    def _dispose(self, process: FunctionProcess) -> None:
        process.dispose()
        self._guard.remove(process.group)
