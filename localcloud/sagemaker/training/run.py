"""Runs a training job, from its first download to its last upload."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.jobs.job import Ending
from localcloud.sagemaker.jobs.program import start_program
from localcloud.sagemaker.jobs.run import JobRun
from localcloud.sagemaker.training.artifacts import ArtifactUpload
from localcloud.sagemaker.training.channels import download_channels
from localcloud.sagemaker.training.folders import TrainingFolders
from localcloud.sagemaker.training.job import TrainingJob
from localcloud.sagemaker.training.program import algorithm_error, contract, metric_listener
from localcloud.sagemaker.training.syncing import sync_folders

if TYPE_CHECKING:
    from localcloud.sagemaker.container import Container
    from localcloud.sagemaker.processes import ContainerProcess
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.settings import Image
    from localcloud.service import Credentials


class TrainingRun(JobRun[TrainingJob]):
    """Runs one training job."""

    def __init__(
        self, job: TrainingJob, runtime: Runtime, image: Image, credentials: Credentials
    ) -> None:
        super().__init__(job, runtime, image, credentials)
        self._store = runtime.store(credentials)

    def _is_isolated(self) -> bool:
        return bool(self._request.get("EnableNetworkIsolation", False))

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
        """Run the program to its end; also return why it was stopped, None when it was not."""
        interval = self._runtime.settings.checkpoint_interval_seconds
        job, on_line = self._job, metric_listener(self._job)
        with sync_folders(self._store, self._request, folders, interval):
            job.move("InProgress", "Training")
            command = container.image.train
            with start_program(
                job, self._runtime, container, command, contract(job), on_line
            ) as process:
                return process, self._supervise(process)
