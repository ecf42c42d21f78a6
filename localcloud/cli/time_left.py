"""Estimates how long a run still takes, from the time it has taken so far on this machine.

Training logs its own estimate. An endpoint starts about as fast as the training job did, because
both load PyTorch and the base model. Evaluation asks two models every test row; the time for a row
is taken as a multiple of the time that the training needs for a row.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cli.run_documents import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVALUATED_ROW = 1.0
"""The time in which one model answers one row, as a multiple of the time in which the training
learns one row, as measured on the demo. The prompt takes a third of it. The rest is the answer,
which is generated one token at a time, and a base model's answers are long."""
MODELS = 2
"""The evaluation asks the base model and the tuned model."""
SLOW_SECONDS = 600.0
"""A run that takes longer is called slow, and advice is printed."""
FIRST_RELIABLE_STEP = 2
"""The first step also sets up memory and kernels, so its time does not show a slow machine."""
RELIABLE_SHARE = 0.25
"""A stage's own speed counts fully once this share of its items is done, and before that in
proportion to what is done: the first answers arrive late, and then many at once."""
ROWS_STEP = 8
"""Advised numbers of rows are multiples of the batch size of the demo's training."""


@dataclass(frozen=True, slots=True)
class Left:
    """Estimated seconds; None while there is no estimate."""

    stage: float | None
    run: float | None


class TimeLeft:
    """Estimates the time left from what happens in a run, which is reported to it in order.

    Args:
        last_stage: the stage after which following ends.
        clock: returns seconds, as time.monotonic does.
    """

    def __init__(self, last_stage: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._last_stage = last_stage
        self._clock = clock
        self._began = clock()
        self._stage = STAGES[0]
        self._stage_began = self._began
        self._rows: Mapping[str, int] = {}
        self._reported: tuple[float, float] | None = None
        """The seconds left of the stage, and the time of this estimate."""
        self._start_seconds: float | None = None
        self._row_seconds: float | None = None
        self._first_progress: tuple[int, float] | None = None
        """The items that the stage's first report of progress called done, and its time."""
        self._epochs = 1.0
        self._steps = 0

    def at(self, stage: str, rows: Mapping[str, int]) -> None:
        """Report the run's stage, and the numbers of rows of its dataset, by split."""
        self._rows = rows
        if stage != self._stage:
            self._stage, self._stage_began, self._reported = stage, self._clock(), None
            self._first_progress = None

    def trained(self, step: Mapping[str, Any]) -> None:
        """Report a step that the training job has logged."""
        if "seconds_left" not in step:
            return
        now, left, steps_left = self._clock(), step["seconds_left"], step["steps"] - step["step"]
        self._reported, self._steps = (left, now), step["step"]
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
        """Report how many of its items the stage has done; each is taken to need the same time."""
        now = self._clock()
        first, began = self._first_progress = self._first_progress or (done, now)
        seconds = (now - began) / (done - first) if done > first else None
        expected = self._answer_seconds() if self._stage == "evaluate" else None
        if expected is not None:
            weight = min(1.0, done / total / RELIABLE_SHARE) if seconds is not None else 0.0
            seconds = weight * (seconds or 0.0) + (1 - weight) * expected
        if seconds is not None:
            self._reported = (seconds * (total - done), now)

    def left(self) -> Left:
        """Return the time left of the stage, and of the run up to the last stage."""
        stage = self._of_this_stage()
        first, last = STAGES.index(self._stage) + 1, STAGES.index(self._last_stage) + 1
        later = [self._of(name) for name in STAGES[first:last]]
        known = [seconds for seconds in [stage, *later] if seconds is not None]
        return Left(stage, sum(known) if len(known) == len(later) + 1 else None)

    def advice(self) -> str | None:
        """Return what to change for a run of 10 minutes; None when it is fast, or not known yet."""
        left = self.left().run
        if self._row_seconds is None or left is None or self._steps < FIRST_RELIABLE_STEP:
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
        if self._reported is not None:
            seconds, when = self._reported
            return max(0.0, seconds - (self._clock() - when))
        whole = self._of(self._stage)
        return None if whole is None else max(0.0, whole - (self._clock() - self._stage_began))

    def _of(self, stage: str) -> float | None:
        """Estimate a whole stage from the others, where it has not reported its own speed."""
        if stage == "deploy":
            return self._start_seconds
        seconds = self._answer_seconds()
        if stage == "evaluate" and seconds is not None:
            return MODELS * self._rows.get("test", 0) * seconds
        return None

    def _answer_seconds(self) -> float | None:
        """Return the expected time of one answer, from the speed of the training."""
        return None if self._row_seconds is None else self._row_seconds * EVALUATED_ROW


def duration(seconds: float) -> str:
    """Format seconds for people: `45 s`, `2 min 10 s`, `12 min`, `1 h 20 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  # a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 10:  # noqa: PLR2004  # of longer times, seconds do not matter
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _fewer(rows: int, share: float) -> int:
    return max(ROWS_STEP, int(rows * share) // ROWS_STEP * ROWS_STEP)
