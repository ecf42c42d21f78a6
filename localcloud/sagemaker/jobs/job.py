"""The state of one job, as its Describe operation shows it; each kind has its own statuses."""

from __future__ import annotations

import copy
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.runtime import Runtime

MAX_FAILURE_REASON = 1024
"""AWS cuts a FailureReason after this number of characters."""
ENDED = ("Completed", "Failed", "Stopped")


class Ending(Enum):
    """How a job that did not fail ends."""

    COMPLETED = auto()
    STOPPED = auto()
    TIME_LIMIT = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """One kind of job: AWS's names, messages and event members."""

    prefix: str
    """`TrainingJob`: the job's members are `TrainingJobName`, `TrainingJobStatus` and so on."""
    words: str
    """`training job`."""
    arn: str
    """`training-job`."""
    log_group: str
    event: str
    """The detail-type of its state changes."""
    event_members: tuple[str, ...]
    """The members of the description that AWS's events have."""
    listed_members: tuple[str, ...]
    """The members of the description that List operations return."""
    taken: str
    """AWS's message for a name that is in use; the ARN follows it."""
    missing: str
    """AWS's message for a name that does not exist, with `{name}` in its place."""
    missing_code: str = "ValidationException"
    """The code of that error."""


class Job(ABC):
    """The state of one job; every method may be called from any thread."""

    def __init__(
        self,
        kind: JobKind,
        description: dict[str, Any],
        runtime: Runtime,
        tags: Callable[[], dict[str, str]],
    ) -> None:
        now = epoch_seconds()
        self.kind = kind
        self._description = {**description, "CreationTime": now, "LastModifiedTime": now}
        self._runtime = runtime
        self._tags = tags
        self._lock = threading.RLock()
        self.stop_requested = threading.Event()

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self._description[f"{self.kind.prefix}Name"])

    @property
    def arn(self) -> str:
        """The job's ARN."""
        return str(self._description[f"{self.kind.prefix}Arn"])

    @property
    def status(self) -> str:
        """TrainingJobStatus or ProcessingJobStatus."""
        return str(self._description[f"{self.kind.prefix}Status"])

    def describe(self) -> dict[str, Any]:
        """The answer of the Describe operation at this moment; times are epoch seconds."""
        with self._lock:
            return copy.deepcopy(self._description)

    def note(self, **members: Any) -> None:
        """Change members of the description, but not the status."""
        with self._lock:
            self._description.update(members)

    @abstractmethod
    def begin(self) -> None:
        """Send the event of a job that was created."""

    @abstractmethod
    def begin_stopping(self) -> None:
        """Enter the status Stopping, before the program gets SIGTERM."""

    @abstractmethod
    def end(self, ending: Ending) -> None:
        """Enter the final status of a job that did not fail."""

    @abstractmethod
    def fail(self, reason: str) -> None:
        """End as Failed; the reason is cut where AWS cuts it."""

    def request_stop(self) -> None:
        """Stop the job; raises ValidationException unless it is InProgress."""
        with self._lock:
            if self.status != "InProgress":
                raise validation_error(
                    f"The request was rejected because the {self.kind.words} is in status "
                    f"{self.status}."
                )
            self.stop_requested.set()
            self.begin_stopping()

    def _enter(self, status: str, now: float, members: dict[str, Any]) -> None:
        """Enter the status, and send an event; the caller holds the lock."""
        self._description |= {
            **members,
            f"{self.kind.prefix}Status": status,
            "LastModifiedTime": now,
        }
        description = self.describe()
        names = self.kind.event_members
        detail = {name: description[name] for name in names if name in description}
        self._runtime.events.send(self.kind.event, self.arn, {**detail, "Tags": self._tags()})


def epoch_seconds() -> float:
    """The time in epoch seconds, rounded to milliseconds as AWS's times are."""
    return round(time.time(), 3)
