"""A training job from its first download to its last upload."""

from __future__ import annotations

import logging
import time
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from localcloud.sagemaker.container import Container
from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.training.artifacts import ArtifactUpload
from localcloud.sagemaker.training.channels import download_channels
from localcloud.sagemaker.training.checkpoints import sync_checkpoints
from localcloud.sagemaker.training.folders import TrainingFolders
from localcloud.sagemaker.training.program import algorithm_error, start_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.sagemaker.processes import ContainerProcess
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.settings import Image
    from localcloud.sagemaker.training.job import TrainingJob
    from localcloud.service import Credentials

POLL_SECONDS = 0.05
INTERNAL_ERROR = (
    "InternalServerError: We encountered an internal error. Please try again. (see localcloud.log)"
)

log = logging.getLogger("localcloud.sagemaker")


class Ending(Enum):
    """How a job that did not fail ends: TrainingJobStatus and SecondaryStatus."""

    COMPLETED = ("Completed", "Completed")
    STOPPED = ("Stopped", "Stopped")
    TIME_LIMIT = ("Stopped", "MaxRuntimeExceeded")


class ServiceClosedError(Exception):
    """localcloud is going down: the job ends at once and tells nobody."""


class TrainingRun:
    """Runs one job; the platform's part acts with the job's role, as SageMaker's agent does."""

    def __init__(
        self, job: TrainingJob, runtime: Runtime, image: Image, credentials: Credentials
    ) -> None:
        self._job = job
        self._request = job.describe()
        self._runtime = runtime
        self._image = image
        self._credentials = credentials
        self._store = runtime.store(credentials)

    def run(self) -> None:
        """Bring the job to one of its ends; its folder is gone when the end is told."""
        with self._runtime.work_folder(self._job.name) as folder:
            tell_end = self._end_of(folder)
        if not self._runtime.closing.is_set():
            tell_end()

    def _end_of(self, folder: Path) -> Callable[[], None]:
        container = Container(
            image=self._image,
            credentials=self._credentials,
            isolated=self._request.get("EnableNetworkIsolation", False),
            folder=folder,
        )
        try:
            ending = self._run_in(container)
        except ContractError as failure:
            return partial(self._job.fail, str(failure))
        except ServiceClosedError:
            return partial(log.info, "training job %s ends with localcloud", self._job.name)
        except Exception:
            log.exception("training job %s", self._job.name)
            return partial(self._job.fail, INTERNAL_ERROR)
        return partial(self._job.move, *ending.value)

    def _run_in(self, container: Container) -> Ending:
        folders = TrainingFolders(container.root)
        folders.create(self._request)
        self._job.move("InProgress", "Downloading", TrainingStartTime=round(time.time(), 3))
        download_channels(self._store, self._request, folders, self._may_go_on)
        if not self._may_go_on():
            return Ending.STOPPED
        process, ending = self._train(container, folders)
        self._job.move("InProgress", "Uploading")
        upload = ArtifactUpload(self._store, self._request, folders)
        upload.upload_output_data()
        if ending is None and process.exit_code != 0:
            raise ContractError(algorithm_error(folders.failure, process.exit_code))
        self._job.note(ModelArtifacts={"S3ModelArtifacts": upload.upload_model()})
        return ending or Ending.COMPLETED

    def _train(
        self, container: Container, folders: TrainingFolders
    ) -> tuple[ContainerProcess, Ending | None]:
        """Run the program to its end; why it was stopped, None when it ended by itself."""
        interval = self._runtime.settings.checkpoint_interval_seconds
        with sync_checkpoints(self._store, self._request, folders, interval):
            self._job.move("InProgress", "Training")
            with start_program(self._job, self._runtime, container) as process:
                return process, self._supervise(process)

    def _supervise(self, process: ContainerProcess) -> Ending | None:
        runtime = self._runtime
        limit = self._request["StoppingCondition"]["MaxRuntimeInSeconds"]
        deadline = time.monotonic() + limit
        while not process.wait(POLL_SECONDS):
            if runtime.closing.is_set():
                raise ServiceClosedError
            if self._job.stop_requested.is_set():
                process.stop(runtime.settings.stop_grace_seconds, runtime.closing)
                return Ending.STOPPED
            if time.monotonic() > deadline:
                self._job.move("Stopping", "Stopping")
                process.stop(runtime.settings.stop_grace_seconds, runtime.closing)
                return Ending.TIME_LIMIT
        return None

    def _may_go_on(self) -> bool:
        return not (self._job.stop_requested.is_set() or self._runtime.closing.is_set())
