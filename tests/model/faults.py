"""What may go wrong at a call of AWS or at an event, and the schedule that says where."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, Self

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

CallFault = Literal[
    "error",  # An internal error before the effect.
    "error after",  # The same, after the effect.
    "lost",  # The effect, and then no answer in time.
    "timeout",  # No effect and no answer in time.
    "throttle",  # Refused because there were too many requests.
    "retried",  # The answer was lost, and boto3 sent the request a second time.
    "conflict",  # 409: another conditional write is in progress. Five retries help.
    "kill",  # The process is killed before the effect.
    "kill after",  # The process is killed after the effect.
    "hang",  # The process hangs before the effect until its time limit kills it.
    "stall",  # 40 seconds pass before the effect.
    "stall after",  # 40 seconds pass after the effect.
    "outage",  # The service fails from here on, for ten minutes.
    "race",  # The user's next action happens before the effect, and 40 seconds pass.
    "race after",  # The same, after the effect.
]
EventFault = Literal[
    "twice",
    "same id twice",  # Lambda executes one request twice at the same time.
    "late",
    "lost",
    "echo",  # It comes again two hours later.
    "twin dies",  # It comes twice, and all tries of the second fail.
]
CALL_FAULTS: tuple[CallFault, ...] = CallFault.__args__  # type: ignore[attr-defined]
SINGLE_FAULTS = tuple(kind for kind in CALL_FAULTS if not kind.startswith("race"))
EVENT_FAULTS: tuple[EventFault, ...] = EventFault.__args__  # type: ignore[attr-defined]

STALL_SECONDS = 40.0
OUTAGE_SECONDS = 600.0
LATE_SECONDS = 1_200.0  # A late event: after the next sweep.
ECHO_SECONDS = 7_200.0  # A duplicate that comes two hours later.
CALL_SECONDS = 0.05
EVENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """One run of the model, in a form that can be printed and replayed.

    `calls` leads from the number of a call of AWS, counted from 0 over the whole simulation, to
    its fault; `events` from the number of an event. With a seed, calls and events take random
    times.
    """

    scenario: str
    calls: Mapping[int, CallFault] = field(default_factory=dict)
    events: Mapping[int, EventFault] = field(default_factory=dict)
    seed: int | None = None

    def __str__(self) -> str:
        return json.dumps(
            {
                "scenario": self.scenario,
                "calls": {str(number): kind for number, kind in self.calls.items()},
                "events": {str(number): kind for number, kind in self.events.items()},
                "seed": self.seed,
            }
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote."""
        values = json.loads(text)
        return cls(
            values["scenario"],
            {int(number): kind for number, kind in values["calls"].items()},
            {int(number): kind for number, kind in values["events"].items()},
            values["seed"],
        )

    @property
    def faults(self) -> int:
        """How many faults it has."""
        return len(self.calls) + len(self.events)


class Pace:
    """How long calls and events take: always the same, or random from a seed."""

    def __init__(self, seed: int | None) -> None:
        self.random = Random(seed) if seed is not None else None  # noqa: S311 - no secret

    def call(self) -> float:
        """Return the seconds that a call takes."""
        if self.random is None:
            return CALL_SECONDS
        return self.random.choice((0.01, 0.02, 0.05, 0.2, 1.0))

    def event(self) -> float:
        """Return the seconds until an event arrives."""
        if self.random is None:
            return EVENT_SECONDS
        return self.random.choice((0.1, 0.5, 1.0, 5.0, 30.0))

    def shift(self) -> float:
        """Return a random factor for the durations of jobs and the times of drops."""
        return 1.0 if self.random is None else self.random.choice((0.2, 0.5, 1.0, 1.0, 1.5))


def client_error(operation: str, code: str, message: str, status: int = 400) -> Exception:
    """Return an error as boto3 raises it."""
    answer: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    error: Exception = ClientError(answer, operation)
    return error


def error_of(kind: str, service: str, operation: str) -> Exception:
    """Return the error that a fault raises."""
    if kind == "throttle":
        code = "SlowDown" if service == "s3" else "ThrottlingException"
        return client_error(operation, code, "Rate exceeded", 503 if service == "s3" else 400)
    if kind == "conflict":
        return client_error(operation, "ConditionalRequestConflict", "Try again.", 409)
    if kind == "lost":
        lost: Exception = ReadTimeoutError(endpoint_url=f"https://{service}.amazonaws.com")
        return lost
    if kind == "timeout":
        late: Exception = ConnectTimeoutError(endpoint_url=f"https://{service}.amazonaws.com")
        return late
    return client_error(operation, "InternalFailure", "We encountered an internal error.", 500)
