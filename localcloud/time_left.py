"""How long a run still takes, from what it took so far on this machine.

Training tells its own time in its log. An endpoint starts about as fast as the training job did:
both load PyTorch and the base model. Evaluation asks two models every test row, and a row costs
them a fixed share of what it costs the training.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVALUATED_ROW = 1.0
"""Time of one row asked of one model, in training times of a row, as measured on the demo: the
prompt costs a third of it, the answer comes token by token and base models are wordy."""
MODELS = 2
SLOW_SECONDS = 600.0
FIRST_TELLING_STEP = 2
"""The first step also sets up memory and kernels: a machine is not called slow for it."""
FIRST_TELLING_SHARE = 0.05
"""Of a stage's things: the first answers come late and then many at once."""
ROWS_STEP = 8
"""Advised numbers of rows are multiples of it: a batch of the demo's training."""


@dataclass(frozen=True, slots=True)
class Left:
    """Seconds; None while nothing can be said."""

    stage: float | None
    run: float | None


class TimeLeft:
    """Learns from a run what it is told of it, in the order in which it happens.

    Args:
        last_stage: the stage after which following ends.
        clock: seconds, as time.monotonic.
    """

    def __init__(self, last_stage: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._last_stage = last_stage
        self._clock = clock
        self._began = clock()
        self._stage = STAGES[0]
        self._stage_began = self._began
        self._rows: Mapping[str, int] = {}
        self._told: tuple[float, float] | None = None
        """Seconds left of the stage, and when that was so."""
        self._start_seconds: float | None = None
        self._row_seconds: float | None = None
        self._epochs = 1.0
        self._steps = 0

    def at(self, stage: str, rows: Mapping[str, int]) -> None:
        """The run is at this stage; `rows` are those of its dataset, by split."""
        self._rows = rows
        if stage != self._stage:
            self._stage, self._stage_began, self._told = stage, self._clock(), None

    def trained(self, step: Mapping[str, Any]) -> None:
        """The training job has logged a step."""
        if "seconds_left" not in step:
            return
        now, left, steps_left = self._clock(), step["seconds_left"], step["steps"] - step["step"]
        self._told, self._steps = (left, now), step["step"]
        if "epoch" not in step:
            return
        in_stage = now - self._stage_began
        if self._start_seconds is None:
            in_steps = step["step"] * left / steps_left if steps_left else in_stage
            self._start_seconds = max(0.0, in_stage - in_steps)
        self._epochs = step["epoch"] * step["steps"] / step["step"]
        rows = self._rows.get("train", 0) * self._epochs
        if rows > 0:
            self._row_seconds = (in_stage - self._start_seconds + left) / rows

    def progressed(self, done: int, total: int) -> None:
        """A stage has done so many of its things; they take the same time each."""
        now = self._clock()
        if done >= FIRST_TELLING_SHARE * total:
            self._told = ((now - self._stage_began) / done * (total - done), now)

    def left(self) -> Left:
        """What is left of the stage, and of the run up to the last stage."""
        stage = self._of_this_stage()
        first, last = STAGES.index(self._stage) + 1, STAGES.index(self._last_stage) + 1
        later = [self._of(name) for name in STAGES[first:last]]
        known = [seconds for seconds in [stage, *later] if seconds is not None]
        return Left(stage, sum(known) if len(known) == len(later) + 1 else None)

    def advice(self) -> str | None:
        """What to change for a run within 10 minutes; None when it is or nothing can be said."""
        left = self.left().run
        if self._row_seconds is None or left is None or self._steps < FIRST_TELLING_STEP:
            return None
        whole = self._clock() - self._began + left
        if whole <= SLOW_SECONDS:
            return None
        evaluation = self._of("evaluate") if self._last_stage == "evaluate" else 0.0
        training = self._row_seconds * self._rows.get("train", 0) * self._epochs
        by_rows = training + (evaluation or 0.0)
        share = (SLOW_SECONDS - (whole - by_rows)) / by_rows
        limits = ", ".join(
            f"max_{split}: {_fewer(self._rows.get(split, 0), share)}"
            for split in ("train", "validation", "test")
        )
        return (
            f"on this machine the run takes about {duration(whole)}. For about "
            f"{duration(SLOW_SECONDS)}, write into its recipe: rows: {{{limits}}}"
        )

    def _of_this_stage(self) -> float | None:
        if self._told is not None:
            seconds, when = self._told
            return max(0.0, seconds - (self._clock() - when))
        whole = self._of(self._stage)
        return None if whole is None else max(0.0, whole - (self._clock() - self._stage_began))

    def _of(self, stage: str) -> float | None:
        """How long a whole stage takes that has told nothing itself."""
        if stage == "deploy":
            return self._start_seconds
        if stage == "evaluate" and self._row_seconds is not None:
            return MODELS * self._rows.get("test", 0) * self._row_seconds * EVALUATED_ROW
        return None


def duration(seconds: float) -> str:
    """Seconds as people say them: `45 s`, `2 min 10 s`, `12 min`, `1 h 20 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  # a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 10:  # noqa: PLR2004  # from here on seconds say nothing
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _fewer(rows: int, share: float) -> int:
    return max(ROWS_STEP, int(rows * share) // ROWS_STEP * ROWS_STEP)
