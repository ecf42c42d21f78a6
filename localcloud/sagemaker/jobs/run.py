"""Runs a job from start to end, on a thread of its own."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from localcloud.sagemaker.container import Container
from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.jobs.job import Ending, Job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.sagemaker.processes import ContainerProcess
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.settings import Image
    from localcloud.service import Credentials

POLL_SECONDS = 0.05
"""Time between two looks whether the program has ended or must be stopped."""
INTERNAL_ERROR = (
    "InternalServerError: We encountered an internal error. Please try again. (see localcloud.log)"
)
J = TypeVar("J", bound=Job)

log = logging.getLogger("localcloud.sagemaker")


class ServiceClosedError(Exception):
    """localcloud is stopping: the job ends at once, without an event."""


class JobRun(ABC, Generic[J]):
    """Runs one job; downloads, uploads and logs use the job's role, as on AWS."""

    def __init__(self, job: J, runtime: Runtime, image: Image, credentials: Credentials) -> None:
        self._job = job
        self._request = job.describe()
        self._runtime = runtime
        self._image = image
        self._credentials = credentials

    def run(self) -> None:
        """Run the job to its end; its folder is removed before its last event is sent."""
        with self._runtime.work_folder(self._job.name) as folder:
            announce_end = self._end_of(folder)
        if not self._runtime.closing.is_set():
            announce_end()

    @abstractmethod
    def _run_in(self, container: Container) -> Ending:
        """Do the work; raises ContractError when the job has failed."""

    @abstractmethod
    def _is_isolated(self) -> bool:
        """Whether the request asks for network isolation."""

    def _end_of(self, folder: Path) -> Callable[[], None]:
        """Run the job in this folder; return what announces its end."""
        container = Container(
            image=self._image,
            credentials=self._credentials,
            isolated=self._is_isolated(),
            folder=folder,
        )
        try:
            ending = self._run_in(container)
        except ContractError as failure:
            return partial(self._job.fail, str(failure))
        except ServiceClosedError:
            return partial(log.info, "job %s ends, because localcloud stops", self._job.name)
        except Exception:
            log.exception("job %s", self._job.name)
            return partial(self._job.fail, INTERNAL_ERROR)
        return partial(self._job.end, ending)

    def _supervise(self, process: ContainerProcess) -> Ending | None:
        """Wait for the program; return why it was stopped, or None when it ended by itself."""
        runtime = self._runtime
        limit: Any = self._request["StoppingCondition"]["MaxRuntimeInSeconds"]
        deadline = time.monotonic() + limit
        while not process.wait(POLL_SECONDS):
            if runtime.closing.is_set():
                raise ServiceClosedError
            if self._job.stop_requested.is_set():
                process.stop(runtime.settings.stop_grace_seconds, runtime.closing)
                return Ending.STOPPED
            if time.monotonic() > deadline:
                self._job.begin_stopping()
                process.stop(runtime.settings.stop_grace_seconds, runtime.closing)
                return Ending.TIME_LIMIT
        return None

    def _may_go_on(self) -> bool:
        return not (self._job.stop_requested.is_set() or self._runtime.closing.is_set())
