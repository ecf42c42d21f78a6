"""Runs a processing job."""

from __future__ import annotations

from signal import SIGKILL
from typing import TYPE_CHECKING

from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.jobs.job import Ending, epoch_seconds
from localcloud.sagemaker.jobs.program import start_program
from localcloud.sagemaker.jobs.run import JobRun
from localcloud.sagemaker.processes import SIGNAL_EXIT_BASE
from localcloud.sagemaker.processing.folders import create_folders, exit_message
from localcloud.sagemaker.processing.job import ProcessingJob
from localcloud.sagemaker.processing.requests import command_line

if TYPE_CHECKING:
    from localcloud.sagemaker.container import Container

OUT_OF_MEMORY = (
    "ClientError: Please use an instance type with more memory, or reduce the size of job data "
    "processed on an instance."
)
"""AWS's FailureReason of a program that was killed."""


class ProcessingRun(JobRun[ProcessingJob]):
    """Runs one processing job."""

    def _is_isolated(self) -> bool:
        network = self._request.get("NetworkConfig") or {}
        return bool(network.get("EnableNetworkIsolation", False))

    def _run_in(self, container: Container) -> Ending:
        create_folders(container.root, self._request)
        if not self._may_go_on():
            return Ending.STOPPED
        self._job.note(ProcessingStartTime=epoch_seconds())
        word, *arguments = command_line(self._request)
        command = [*container.image.entrypoints[word](), *arguments]
        with start_program(self._job, self._runtime, container, command, {}) as process:
            ending = self._supervise(process)
        if message := exit_message(container.root):
            self._job.note(ExitMessage=message)
        if ending is None and process.exit_code != 0:
            killed = process.exit_code == SIGNAL_EXIT_BASE + SIGKILL
            reason = f"AlgorithmError: , exit code: {process.exit_code}"
            raise ContractError(OUT_OF_MEMORY if killed else reason)
        return ending or Ending.COMPLETED
