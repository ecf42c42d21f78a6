"""One job as its Describe operation tells it; each kind moves it between statuses of its own."""

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
ENDED = ("Completed", "Failed", "Stopped")


class Ending(Enum):
    """How a job that did not fail ends."""

    COMPLETED = auto()
    STOPPED = auto()
    TIME_LIMIT = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """One kind of job, as AWS names it: its names, words and event members."""

    prefix: str
    """`TrainingJob`: the job's members are `TrainingJobName`, `TrainingJobStatus` and so on."""
    words: str
    """`training job`."""
    arn: str
    """`training-job`."""
    log_group: str
    event: str
    """The detail-type of state changes."""
    event_members: tuple[str, ...]
    """What AWS's event carries of the description."""
    listed_members: tuple[str, ...]
    """What a List operation shows of the description."""
    taken: str
    """What AWS says of a name that is taken, before the ARN."""
    missing: str
    """What AWS says of a name that is not; `{name}` stands for it."""


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
        """Change what the description says without a change of status."""
        with self._lock:
            self._description.update(members)

    @abstractmethod
    def begin(self) -> None:
        """The job exists: tell it."""

    @abstractmethod
    def begin_stopping(self) -> None:
        """The program is being told to end."""

    @abstractmethod
    def end(self, ending: Ending) -> None:
        """The job has ended, and not by a failure."""

    @abstractmethod
    def fail(self, reason: str) -> None:
        """End as Failed; the reason is cut where AWS cuts it."""

    def request_stop(self) -> None:
        """The Stop operation: ValidationException unless the job is InProgress."""
        with self._lock:
            if self.status != "InProgress":
                raise validation_error(
                    f"The request was rejected because the {self.kind.words} is in status "
                    f"{self.status}."
                )
            self.stop_requested.set()
            self.begin_stopping()

    def _enter(self, status: str, now: float, members: dict[str, Any]) -> None:
        """Take the status, and tell it as an event; the lock is held."""
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
    """Epoch seconds, in milliseconds as AWS has them."""
    return round(time.time(), 3)
