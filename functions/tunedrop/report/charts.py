"""The geometry of the charts; `templates/charts.html.j2` draws them as inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from tunedrop.documents.figures import ScaleName
from tunedrop.documents.judgement import Comparison
from tunedrop.documents.report import LossPoint
from tunedrop.documents.trials import Trial, Trials

MAX_POINTS = 300  # Points drawn of a loss curve; a screen shows no more.


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferenceAxis:
    """An axis from -bound to +bound with zero in the middle."""

    bound: float

    def at(self, difference: float) -> str:
        """Return the position of a difference on the axis, as a percentage of its length."""
        return f"{50 + 50 * max(-1.0, min(1.0, difference / self.bound)):.2f}%"


def difference_axis(comparison: Comparison, scale: ScaleName = "percent") -> DifferenceAxis:
    """Return an axis that contains the interval and ends at a multiple of ten points.

    Only differences of shares are at most 100 points.
    """
    gap = comparison.difference
    widest = max(abs(gap.low), abs(gap.high), abs(gap.value))
    bound = max(0.1, ceil(widest * 10 + 1e-9) / 10)
    return DifferenceAxis(bound=min(1.0, bound) if scale == "percent" else bound)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialBar:
    """One trial as a bar, as long as its share of the largest loss, in percent."""

    trial: Trial
    percent: float
    style: str


def trial_bars(trials: Trials) -> list[TrialBar]:
    """Return a bar for each trial; one without a loss has the length 0."""
    most = max((each.loss for each in trials.trials if each.loss is not None), default=0.0) or 1.0
    return [
        TrialBar(
            trial=each,
            percent=100 * (each.loss or 0.0) / most,
            style="tuned" if each.number == trials.best else "base",
        )
        for each in trials.trials
    ]


def worth_in_words(trials: Trials) -> str:
    """Return what the tuning was worth against its first trial, in one sentence."""
    first, best = trials.trials[0], trials.winner
    if first.loss is None or best.loss is None:
        return f"The first trial has no loss to compare with; the best one is number {best.number}."
    if best.number == first.number:
        return f"The first of {len(trials.trials)} trials was the best: the tuning gained nothing."
    less = 1 - best.loss / first.loss if first.loss else 0.0
    return (
        f"Trial {best.number} has the lowest validation loss, {best.loss:.4g}: {less:.1%} less "
        f"than the first trial's {first.loss:.4g}."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class LossChart:
    """Two polylines in a square of 100 by 100, the loss from 0 at the bottom to `top`."""

    training: str
    validation: str
    top: float
    steps: int
    first: float | None
    last: float | None
    best: float | None


def loss_chart(curve: Sequence[LossPoint]) -> LossChart | None:
    """Return the loss curve of a training job, or None when it has fewer than two points."""
    training = [(point.step, point.loss) for point in curve if point.loss is not None]
    validation = [(point.step, point.eval_loss) for point in curve if point.eval_loss is not None]
    every = [*training, *validation]
    steps = max((step for step, _ in every), default=0)
    if len(every) < 2 or steps == 0:  # noqa: PLR2004 - a line needs two points
        return None
    top = max(loss for _, loss in every) * 1.05 or 1.0

    def line(points: Sequence[tuple[int, float]]) -> str:
        every_nth = ceil(len(points) / MAX_POINTS) or 1
        kept = [*points[:-1:every_nth], *points[-1:]]
        return " ".join(f"{100 * x / steps:.2f},{100 - 100 * y / top:.2f}" for x, y in kept)

    return LossChart(
        training=line(training),
        validation=line(validation),
        top=top,
        steps=steps,
        first=training[0][1] if training else None,
        last=training[-1][1] if training else None,
        best=min((loss for _, loss in validation), default=None),
    )
