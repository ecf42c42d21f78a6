"""Copies folders of a running job to S3: its checkpoints, and its files for TensorBoard.

Checkpoints are restored before the program starts. As on AWS, files are copied as they appear and
none is removed from S3: a job that is killed loses only its newest files.
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

    from localcloud.sagemaker.training.folders import TrainingFolders

log = logging.getLogger("localcloud.sagemaker")

State = tuple[int, int]
"""Modification time in nanoseconds and size in bytes: a changed file has another state."""

DEFAULT_CHECKPOINTS = "/opt/ml/checkpoints"
DEFAULT_TENSORBOARD = "/opt/ml/output/tensorboard"


@contextmanager
def sync_folders(
    store: ObjectStore, job: dict[str, Any], folders: TrainingFolders, interval_seconds: float
) -> Iterator[None]:
    """Upload what the job asks for, from the start of its program until the context ends.

    Raises ContractError when S3 refuses.
    """
    with (
        sync_checkpoints(store, job, folders, interval_seconds),
        sync_tensorboard(store, job, folders, interval_seconds),
    ):
        yield


@contextmanager
def sync_checkpoints(
    store: ObjectStore, job: dict[str, Any], folders: TrainingFolders, interval_seconds: float
) -> Iterator[None]:
    """Restore and upload checkpoints of a job with a CheckpointConfig, until the context ends.

    Raises ContractError when S3 refuses.
    """
    config = job.get("CheckpointConfig")
    if config is None:
        yield
        return
    folder = folders.inside(config.get("LocalPath", DEFAULT_CHECKPOINTS))
    target = S3Location.parse(config["S3Uri"]).folder()
    try:
        store.download_prefix(target, folder)
        with FolderSync(store, folder, target, interval_seconds):
            yield
    except TransferError as error:
        raise ContractError(f"ClientError: Checkpoint transfer failed:{error}") from error


@contextmanager
def sync_tensorboard(
    store: ObjectStore, job: dict[str, Any], folders: TrainingFolders, interval_seconds: float
) -> Iterator[None]:
    """Upload the files of a job with a TensorBoardOutputConfig, until the context ends.

    They are at `<S3OutputPath>/<job>/tensorboard-output/`, as the SageMaker Python SDK has it in
    `latest_job_tensorboard_artifacts_path`. Raises ContractError when S3 refuses.
    """
    config = job.get("TensorBoardOutputConfig")
    if config is None:
        yield
        return
    folder = folders.inside(config.get("LocalPath", DEFAULT_TENSORBOARD))
    target = S3Location.parse(config["S3OutputPath"]).folder(
        job["TrainingJobName"], "tensorboard-output"
    )
    try:
        with FolderSync(store, folder, target, interval_seconds):
            yield
    except TransferError as error:
        raise ContractError(f"ClientError: TensorBoard upload failed:{error}") from error


class FolderSync:
    """Copies new and changed files of a folder to a prefix until the context ends.

    A file is copied when two looks in a row found it unchanged, so that a file that is still being
    written is not copied. When the context ends, every file is copied.
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
        self._copied = self._look()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
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
                log.warning(
                    "%s could not be copied; the copy is tried again: %s", self._target, error
                )

    def _copy(self, files: dict[Path, State]) -> None:
        for path, state in files.items():
            if self._copied.get(path) == state:
                continue
            if not path.exists():  # the program removed it since the look
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
