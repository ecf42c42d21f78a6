"""A Docker engine for `sam local invoke`: the one that runs, or one that is started here."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60
INSTALL = "apt-get install --yes --no-install-recommends docker.io"


class NoEngineError(Exception):
    """No engine runs, and none can be started here; the text says why."""


@contextmanager
def engine(folder: Path) -> Iterator[dict[str, str]]:
    """Give the variables with which `docker` and `sam` find an engine.

    Root on Debian gets one of its own, with all its files below `folder`; it ends with the block.

    Raises NoEngineError.
    """
    if shutil.which("docker") and answers({}):
        yield {}
        return
    if os.geteuid() or not Path("/etc/debian_version").exists():
        raise NoEngineError(
            "no Docker engine answers, and only root on Debian or Ubuntu can start one here: "
            "start Docker, then run this again"
        )
    if not shutil.which("dockerd"):
        install()
    with started(folder) as variables:
        yield variables


def answers(variables: dict[str, str]) -> bool:
    """Return whether an engine answers."""
    command = ["docker", "info"]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **variables},
            capture_output=True,
            check=False,
            timeout=20,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def install() -> None:
    """Install Docker's engine from Debian; raises NoEngineError."""
    print(f"installing a Docker engine: {INSTALL}", flush=True)
    for command in ("apt-get update --quiet", INSTALL):
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoEngineError(f"`{command}` failed: {done.stderr.strip()[-300:]}")


@contextmanager
def started(folder: Path) -> Iterator[dict[str, str]]:
    """Start an engine with files and socket of its own; raises NoEngineError."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "docker.sock"
    command = ["dockerd", "--host", f"unix://{socket}", "--pidfile", str(folder / "dockerd.pid")]
    command += ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
    variables = {"DOCKER_HOST": f"unix://{socket}"}
    with (folder / "dockerd.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(variables):
            if process.poll() is not None or time.monotonic() > deadline:
                lines = (folder / "dockerd.log").read_text().strip().splitlines()[-3:]
                raise NoEngineError("dockerd did not start: " + " ".join(lines))
            time.sleep(0.5)
        yield variables
    finally:
        process.terminate()
        process.wait(timeout=60)
