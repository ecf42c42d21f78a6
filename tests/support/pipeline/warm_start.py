"""train.py in a process that has its libraries already: it takes seconds to import them.

A server process imports them once. For each job it makes a copy of itself (fork), which gets the
environment of a container, ends as the program does and can be killed. What a start from nothing
does is proven by the jobs that are started so (`TrainingJob(…, warm=False)`).
"""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

CONTAINER = Path(__file__).parents[3] / "training_container"


class WarmProcess:
    """The running program, with the methods of subprocess.Popen that tests need."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._process = _server().Process(target=_train, args=(dict(environment), str(log)))
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Wait for the end and give the exit status; raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("train.py", timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end, as SageMaker does."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


@cache
def _server() -> ForkServerContext:
    """Start the process that imports train.py; it ends with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["train"])
    # `functions` has another `train`. Libraries look for their caches in HOME when imported.
    home = tempfile.TemporaryDirectory()
    atexit.register(home.cleanup)
    with _set({"PYTHONPATH": str(CONTAINER), "HOME": home.name}):
        forkserver.ensure_running()
    return context


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _train(environment: dict[str, str], log: str) -> None:
    """Be the program: its environment, its output, its exit status."""
    program = sys.modules["train"]  # It was imported before the process was copied.
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # TMPDIR is read again.
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.exit(program.main())
