"""The state of one training job, as DescribeTrainingJob shows it, and its changes of status."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.events import TRAINING_JOB
from localcloud.sagemaker.jobs.job import (
    ENDED,
    MAX_FAILURE_REASON,
    Ending,
    Job,
    JobKind,
    epoch_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.runtime import Runtime

TRAINING = JobKind(
    prefix="TrainingJob",
    words="training job",
    arn="training-job",
    log_group="/aws/sagemaker/TrainingJobs",
    event=TRAINING_JOB,
    # AWS's event has no ModelArtifacts; only DescribeTrainingJob returns them.
    event_members=(
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJobStatus",
        "SecondaryStatus",
        "FailureReason",
        "HyperParameters",
        "AlgorithmSpecification",
        "RoleArn",
        "InputDataConfig",
        "OutputDataConfig",
        "ResourceConfig",
        "VpcConfig",
        "StoppingCondition",
        "CreationTime",
        "TrainingStartTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "SecondaryStatusTransitions",
    ),
    listed_members=(
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    ),
    taken=(
        "Training job names must be unique within an AWS account and region, and a training job "
        "with this name already exists"
    ),
    missing="Requested resource not found.",
)
_TRANSITION_WORDS = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}
_ENDINGS = {
    Ending.COMPLETED: ("Completed", "Completed"),
    Ending.STOPPED: ("Stopped", "Stopped"),
    Ending.TIME_LIMIT: ("Stopped", "MaxRuntimeExceeded"),
}
"""TrainingJobStatus and SecondaryStatus."""


class TrainingJob(Job):
    """The state of one job; every method may be called from any thread."""

    def __init__(
        self,
        description: dict[str, Any],
        runtime: Runtime,
        tags: Callable[[], dict[str, str]],
    ) -> None:
        super().__init__(TRAINING, description, runtime, tags)
        self._description["SecondaryStatusTransitions"] = []

    def move(self, status: str, secondary: str, **members: Any) -> None:
        """Enter a secondary status, and send an event.

        A Stopping job keeps this status while it uploads, and then is Stopped, even if its program
        completed in the meantime.
        """
        with self._lock:
            if self.status == "Stopping" and status == "InProgress":
                status = "Stopping"
            if self.status == "Stopping" and status == "Completed":
                status = secondary = "Stopped"
            now = epoch_seconds()
            self._add_transition(secondary, now)
            if status in ENDED:
                members |= self._closing_figures(now)
            self._enter(status, now, {**members, "SecondaryStatus": secondary})

    def begin(self) -> None:
        """Send the event of a job that was created."""
        self.move("InProgress", "Starting")

    def begin_stopping(self) -> None:
        """Enter the status Stopping, before the program gets SIGTERM."""
        self.move("Stopping", "Stopping")

    def end(self, ending: Ending) -> None:
        """Enter the final status of a job that did not fail."""
        self.move(*_ENDINGS[ending])

    def fail(self, reason: str) -> None:
        """End as Failed; the reason is cut where AWS cuts it."""
        self.move("Failed", "Failed", FailureReason=reason[:MAX_FAILURE_REASON])

    def _add_transition(self, secondary: str, now: float) -> None:
        transitions = self._description["SecondaryStatusTransitions"]
        if transitions:
            transitions[-1]["EndTime"] = now
        transitions.append(
            {
                "Status": secondary,
                "StartTime": now,
                "StatusMessage": _TRANSITION_WORDS[secondary],
            }
        )

    def _closing_figures(self, now: float) -> dict[str, Any]:
        figures: dict[str, Any] = {"TrainingEndTime": now}
        self._description["SecondaryStatusTransitions"][-1]["EndTime"] = now
        if started := self._description.get("TrainingStartTime"):
            seconds = max(1, math.ceil(now - started))
            figures |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
        return figures
