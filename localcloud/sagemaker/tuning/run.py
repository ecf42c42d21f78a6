"""Runs a tuning job: as many trials at a time as it asks for, until all have ended."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.jobs.job import ENDED, Ending
from localcloud.sagemaker.tuning.job import Trial, TuningJob
from localcloud.sagemaker.tuning.requests import combinations
from localcloud.sagemaker.tuning.sampler import Sampler, axes_of
from localcloud.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.training.job import TrainingJob

POLL_SECONDS = 0.05
"""Time between two looks at the trials."""
ALL_FAILED = (
    "All training jobs failed. Please take a look at the training jobs failures to get more "
    "details."
)
INTERNAL_ERROR = "InternalServerError: We encountered an internal error. (see localcloud.log)"

log = logging.getLogger("localcloud.sagemaker")


class TuningRun:
    """Runs one tuning job.

    Args:
        job: the tuning job.
        runtime: tells when localcloud stops.
        launch: starts a training job with this name and these hyperparameters.
    """

    def __init__(
        self,
        job: TuningJob,
        runtime: Runtime,
        launch: Callable[[str, dict[str, str]], TrainingJob],
    ) -> None:
        self._job = job
        self._runtime = runtime
        self._launch = launch
        self._config: dict[str, Any] = job.describe()["HyperParameterTuningJobConfig"]
        self._sampler = Sampler(
            self._config["Strategy"],
            axes_of(self._config["ParameterRanges"]),
            self._config.get("RandomSeed", 0),
        )
        self._noted: set[int] = set()

    def run(self) -> None:
        """Run the job to its end; no event is sent when localcloud stops."""
        try:
            ending = self._run_trials()
        except Exception as error:
            log.exception("tuning job %s", self._job.name)
            reason = str(error) if isinstance(error, ServiceError) else INTERNAL_ERROR
            self._job.fail(reason)
            return
        if self._runtime.closing.is_set():
            return
        if ending is Ending.COMPLETED and self._job.best() is None:
            self._job.fail(ALL_FAILED)
        else:
            self._job.end(ending)

    def _run_trials(self) -> Ending:
        limits = self._config["ResourceLimits"]
        left = limits.get("MaxNumberOfTrainingJobs") or combinations(self._config)
        seconds = limits.get("MaxRuntimeInSeconds")
        deadline = time.monotonic() + seconds if seconds else None
        while not self._runtime.closing.is_set():
            running = self._running()
            self._note_losses()
            if self._job.stop_requested.is_set():
                return self._stopped(Ending.STOPPED)
            if deadline and time.monotonic() > deadline:
                self._job.begin_stopping()
                return self._stopped(Ending.TIME_LIMIT)
            if not running and not left:
                break
            if left and len(running) < limits["MaxParallelTrainingJobs"]:
                self._start_trial()
                left -= 1
            else:
                time.sleep(POLL_SECONDS)
        return Ending.COMPLETED

    def _start_trial(self) -> None:
        """Start the next trial, with a name as SageMaker makes it."""
        values = self._sampler.next()
        name = f"{self._job.name}-{len(self._job.trials) + 1:03}-{uuid.uuid4().hex[:8]}"
        self._job.trials.append(Trial(self._launch(name, values), values))

    def _running(self) -> list[Trial]:
        return [trial for trial in self._job.trials if trial.job.status not in ENDED]

    def _note_losses(self) -> None:
        for number, trial in enumerate(self._job.trials):
            loss = self._job.loss(trial)
            if loss is not None and number not in self._noted:
                self._noted.add(number)
                self._sampler.note(number, loss)

    def _stopped(self, ending: Ending) -> Ending:
        """Stop the training jobs that are running, and wait for their end."""
        for trial in self._running():
            try:
                trial.job.request_stop()
            except ServiceError:
                continue  # It has ended meanwhile.
        while self._running() and not self._runtime.closing.is_set():
            time.sleep(POLL_SECONDS)
        return ending
