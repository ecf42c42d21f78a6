"""A run, a clock and a training log, for the tests of what `run` prints."""

from collections.abc import Iterator, Sequence
from typing import Any

RUN = {"run": "0123456789ab", "dataset": "tweets", "attempt": 1, "stage": "prepare"}
ROWS = {"in": 38_158, "train": 480, "validation": 64, "test": 200}


class Clock:
    """Shows the time that it is set to, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Log:
    """A training log; steps can be added to it while it is read."""

    def __init__(self, steps: Sequence[dict[str, Any]] = ()) -> None:
        self.steps = [*steps]

    def new_steps(self, _job: str) -> Iterator[dict[str, Any]]:
        steps, self.steps = self.steps, []
        return iter(steps)


def step(number: int, seconds: float, steps: int = 60) -> dict[str, Any]:
    """Return a logged step of a job of one epoch, whose steps take so many seconds each."""
    return {
        "step": number,
        "steps": steps,
        "epoch": number / steps,
        "loss": 1.0,
        "seconds_left": (steps - number) * seconds,
    }
