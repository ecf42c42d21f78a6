"""Checkpoints: restored before the program starts, copied to S3 while it runs.

AWS copies files as they appear and removes none; so a kill loses only what was written last.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.storage import ObjectStore, S3Location, TransferError, files_below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from localcloud.sagemaker.training.folders import TrainingFolders

log = logging.getLogger("localcloud.sagemaker")

State = tuple[int, int]
"""Modification time in nanoseconds and size in bytes: a file that changed has another state."""


DEFAULT_LOCAL_PATH = "/opt/ml/checkpoints"


@contextmanager
def sync_checkpoints(
    store: ObjectStore, job: dict[str, Any], folders: TrainingFolders, interval_seconds: float
) -> Iterator[None]:
    """Restore and keep the checkpoints of a job that asks for it; ContractError when refused."""
    config = job.get("CheckpointConfig")
    if config is None:
        yield
        return
    folder = folders.inside(config.get("LocalPath", DEFAULT_LOCAL_PATH))
    target = S3Location.parse(config["S3Uri"]).folder()
    try:
        with CheckpointSync(store, folder, target, interval_seconds):
            yield
    except TransferError as error:
        raise ContractError(f"ClientError: Checkpoint transfer failed:{error}") from error


class CheckpointSync:
    """Copies what is new in a folder to a prefix until left; the last copy takes everything.

    A file is copied once it has stayed the same between two looks, so that one that is being
    written does not arrive in halves.
    """

    def __init__(
        self, store: ObjectStore, folder: Path, target: S3Location, interval_seconds: float
    ) -> None:
        self._store = store
        self._folder = folder
        self._target = target
        self._interval = interval_seconds
        self._copied: dict[Path, State] = {}
        self._seen: dict[Path, State] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._store.download_prefix(self._target, self._folder)
        self._copied = self._look()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._thread.join()
        if kind is None:
            self._copy(self._look())

    def _follow(self) -> None:
        while not self._closing.wait(self._interval):
            now = self._look()
            settled = {path: state for path, state in now.items() if self._seen.get(path) == state}
            self._seen = now
            try:
                self._copy(settled)
            except TransferError as error:
                log.warning("checkpoints are not copied now, and tried again: %s", error)

    def _copy(self, files: dict[Path, State]) -> None:
        for path, state in files.items():
            if self._copied.get(path) == state:
                continue
            if not path.exists():  # removed by the program since the look
                continue
            self._store.upload(path, self._target.object(path.relative_to(self._folder).as_posix()))
            self._copied[path] = state

    def _look(self) -> dict[Path, State]:
        states = {}
        for path in files_below(self._folder):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            states[path] = (status.st_mtime_ns, status.st_size)
        return states
