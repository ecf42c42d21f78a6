"""One training job as DescribeTrainingJob tells it, and how it moves from status to status."""

from __future__ import annotations

import copy
import math
import threading
import time
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import validation_error
from localcloud.sagemaker.events import TRAINING_JOB

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.runtime import Runtime

MAX_FAILURE_REASON = 1024
ENDED = ("Completed", "Failed", "Stopped")
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
_EVENT_MEMBERS = (
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
)
"""What AWS's event carries: no ModelArtifacts, for which the reader asks DescribeTrainingJob."""


class TrainingJob:
    """The state of one job; every method may be called from any thread."""

    def __init__(
        self,
        description: dict[str, Any],
        runtime: Runtime,
        tags: Callable[[], dict[str, str]],
    ) -> None:
        now = _now()
        self._description = {
            **description,
            "CreationTime": now,
            "LastModifiedTime": now,
            "SecondaryStatusTransitions": [],
        }
        self._runtime = runtime
        self._tags = tags
        self._lock = threading.RLock()
        self.stop_requested = threading.Event()

    @property
    def name(self) -> str:
        """TrainingJobName."""
        return str(self._description["TrainingJobName"])

    @property
    def status(self) -> str:
        """TrainingJobStatus."""
        return str(self._description["TrainingJobStatus"])

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeTrainingJob at this moment; times are epoch seconds."""
        with self._lock:
            return copy.deepcopy(self._description)

    def note(self, **members: Any) -> None:
        """Change what the description says without a change of status."""
        with self._lock:
            self._description.update(members)

    def move(self, status: str, secondary: str, **members: Any) -> None:
        """Enter a secondary status, and tell it as an event.

        A job that is Stopping stays so while it uploads what it has, and then is Stopped, also
        when its program completed in the meantime.
        """
        with self._lock:
            if self.status == "Stopping" and status == "InProgress":
                status = "Stopping"
            if self.status == "Stopping" and status == "Completed":
                status = secondary = "Stopped"
            now = _now()
            self._add_transition(secondary, now)
            if status in ENDED:
                members |= self._closing_figures(now)
            self._description |= {
                **members,
                "TrainingJobStatus": status,
                "SecondaryStatus": secondary,
                "LastModifiedTime": now,
            }
            self._tell()

    def fail(self, reason: str) -> None:
        """End as Failed; the reason is cut where AWS cuts it."""
        self.move("Failed", "Failed", FailureReason=reason[:MAX_FAILURE_REASON])

    def request_stop(self) -> None:
        """StopTrainingJob: ValidationException unless the job is InProgress."""
        with self._lock:
            if self.status != "InProgress":
                raise validation_error(
                    f"The request was rejected because the training job is in status {self.status}."
                )
            self.stop_requested.set()
            self.move("Stopping", "Stopping")

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

    def _tell(self) -> None:
        description = self.describe()
        detail = {name: description[name] for name in _EVENT_MEMBERS if name in description}
        self._runtime.events.send(
            TRAINING_JOB, description["TrainingJobArn"], {**detail, "Tags": self._tags()}
        )


def _now() -> float:
    """Epoch seconds, in milliseconds as AWS has them."""
    return round(time.time(), 3)
