"""Prepares this process for the import of ministack, and locks the state folder."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
LOG_NAME = "localcloud.log"


@dataclass(frozen=True, kw_only=True, slots=True)
class EmulatorSettings:
    """Where the emulator listens and keeps its state."""

    state_dir: Path
    """Holds `objects/` (S3), `outbox/` (mail), `build/`, `code/`, `tmp/` and the log."""
    port: int
    account_id: str = "123456789012"
    region: str = "us-east-1"
    retry_delays_seconds: tuple[float, ...] = field(default=(1.0, 3.0))
    """Seconds before each retry of an asynchronous invocation; AWS waits one and two minutes."""
    confirm_emails: bool = True
    """Whether localcloud confirms email subscriptions at once; AWS waits for the addressee."""


def lock_state(state_dir: Path) -> IO[str]:
    """Lock the folder for this process until the returned file is closed or the process ends.

    The temporary folders of an earlier localcloud that was killed are removed. Objects are kept,
    because each was written atomically.

    Raises LocalCloudError when another localcloud holds the lock.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    lock = (state_dir / "lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise LocalCloudError(
            f"another localcloud (process {owner}) uses {state_dir}: stop it, or choose another "
            "folder with --dir"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    shutil.rmtree(state_dir / "tmp", ignore_errors=True)
    return lock


def configure_process(settings: EmulatorSettings) -> None:
    """Set what ministack reads from the environment when it is imported.

    The host's own AWS settings are dropped first: they would become the emulator's root
    credentials, and nothing started from here may ever reach a real account.
    """
    state = settings.state_dir.resolve()
    for folder in ("objects", "tmp"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    logging.basicConfig(  # otherwise ministack writes to the console
        filename=state / LOG_NAME,
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
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "objects"),
            "DOCKER_HOST": "unix:///nonexistent",  # containers are never started
            "IOT_MTLS_ENABLED": "0",  # it would listen on another port
            "SFTP_ENABLED": "0",
            # An invocation of an endpoint occupies a thread until it is answered. With ministack's
            # default of 64 threads, 64 invocations would block every other request.
            "MINISTACK_WORKER_THREADS": "512",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    )
