"""One processing job as DescribeProcessingJob tells it: it has no secondary status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.jobs.job import ENDED, MAX_FAILURE_REASON, Ending, Job, epoch_seconds
from localcloud.sagemaker.processing.kind import PROCESSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.runtime import Runtime

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
        """The job exists: tell it."""
        self._move("InProgress")

    def begin_stopping(self) -> None:
        """The program is being told to end."""
        self._move("Stopping")

    def end(self, ending: Ending) -> None:
        """The job has ended, and not by a failure."""
        self._move(_ENDINGS[ending])

    def fail(self, reason: str) -> None:
        """End as Failed; the reason is cut where AWS cuts it."""
        self._move("Failed", FailureReason=reason[:MAX_FAILURE_REASON])

    def _move(self, status: str, **members: Any) -> None:
        """Enter a status, and tell it; a job that was to stop is Stopped even if it completed."""
        with self._lock:
            if self.status == "Stopping" and status == "Completed":
                status = "Stopped"
            now = epoch_seconds()
            if status in ENDED:
                members["ProcessingEndTime"] = now
            self._enter(status, now, members)
