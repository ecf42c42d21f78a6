"""The state of one processing job, as DescribeProcessingJob shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.events import PROCESSING_JOB
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

PROCESSING = JobKind(
    prefix="ProcessingJob",
    words="processing job",
    arn="processing-job",
    log_group="/aws/sagemaker/ProcessingJobs",
    event=PROCESSING_JOB,
    event_members=(
        "ProcessingInputs",
        "ProcessingOutputConfig",
        "ProcessingJobName",
        "ProcessingResources",
        "StoppingCondition",
        "AppSpecification",
        "Environment",
        "NetworkConfig",
        "RoleArn",
        "ExperimentConfig",
        "ProcessingJobArn",
        "ProcessingJobStatus",
        "ExitMessage",
        "FailureReason",
        "ProcessingEndTime",
        "ProcessingStartTime",
        "LastModifiedTime",
        "CreationTime",
    ),
    listed_members=(
        "ProcessingJobName",
        "ProcessingJobArn",
        "CreationTime",
        "ProcessingEndTime",
        "LastModifiedTime",
        "ProcessingJobStatus",
        "FailureReason",
        "ExitMessage",
    ),
    taken=(
        "Job name must be unique within an AWS account and region, and a job with this name "
        "already exists"
    ),
    missing="Could not find requested job with name: {name}",
)
_ENDINGS = {
    Ending.COMPLETED: "Completed",
    Ending.STOPPED: "Stopped",
    Ending.TIME_LIMIT: "Stopped",
}


class ProcessingJob(Job):
    """The state of one job; every method may be called from any thread."""

    def __init__(
        self,
        description: dict[str, Any],
        runtime: Runtime,
        tags: Callable[[], dict[str, str]],
    ) -> None:
        super().__init__(PROCESSING, description, runtime, tags)

    def begin(self) -> None:
        """Send the event of a job that was created."""
        self._move("InProgress")

    def begin_stopping(self) -> None:
        """Enter the status Stopping, before the program gets SIGTERM."""
        self._move("Stopping")

    def end(self, ending: Ending) -> None:
        """Enter the final status of a job that did not fail."""
        self._move(_ENDINGS[ending])

    def fail(self, reason: str) -> None:
        """End as Failed; the reason is cut where AWS cuts it."""
        self._move("Failed", FailureReason=reason[:MAX_FAILURE_REASON])

    def _move(self, status: str, **members: Any) -> None:
        """Enter a status, and send an event; a Stopping job that completes is Stopped."""
        with self._lock:
            if self.status == "Stopping" and status == "Completed":
                status = "Stopped"
            now = epoch_seconds()
            if status in ENDED:
                members["ProcessingEndTime"] = now
            self._enter(status, now, members)
