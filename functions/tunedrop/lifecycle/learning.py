"""What the losses of a training tell, in words: it overfitted, improved to the end, or stopped."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from tunedrop.documents.figures import duration, usd
from tunedrop.documents.report import LossPoint

OVERFITTED = 0.02  # Rise of the validation loss above its lowest value, as a share of that value.
IMPROVING = (
    0.01  # Fall of the validation loss in the last evaluation, as a share of the one before.
)
PEAK = 3.0  # A training loss of so many times the first one is told.


class Summary(Protocol):
    """What training_summary.json tells of the training."""

    steps: int
    planned_steps: int
    epochs: float
    seconds: float
    curve: list[LossPoint]


def learning_of(summary: Summary, training_usd: float | None) -> list[str]:
    """Return the sentences about a training.

    Args:
        summary: of the training job.
        training_usd: what the training cost, if a price is known.
    """
    return [
        *_stopped(summary),
        *_exploded(summary.curve),
        *_overfitted(summary),
        *_improving(summary, training_usd),
    ]


def _stopped(summary: Summary) -> Iterator[str]:
    left = summary.planned_steps - summary.steps
    if left > 0 and summary.steps:
        saved = summary.seconds * left / summary.steps
        yield (
            f"The training stopped early, after {summary.steps:,} of {summary.planned_steps:,} "
            f"steps, because the validation loss fell no further: about {duration(saved)} were "
            "saved. To train to the end, write early_stopping: off in recipe.yaml."
        )


def _exploded(curve: Sequence[LossPoint]) -> Iterator[str]:
    losses = [(point.step, point.loss) for point in curve if point.loss is not None]
    if not losses:
        return
    (_, first), (step, highest) = losses[0], max(losses, key=lambda each: each[1])
    if first > 0 and highest > PEAK * first:
        yield (
            f"The training loss rose to {highest:.2f} at step {step:,}, from {first:.2f} at the "
            "beginning: the learning rate is probably too high. Lower "
            "hyperparameters.learning_rate."
        )


def _overfitted(summary: Summary) -> Iterator[str]:
    losses = _validation(summary)
    if len(losses) < 2:  # noqa: PLR2004 - a rise needs two points
        return
    (step, lowest), (_, last) = min(losses, key=lambda each: each[1]), losses[-1]
    if lowest > 0 and last > lowest * (1 + OVERFITTED):
        yield (
            f"The validation loss was lowest at step {step:,} of {summary.steps:,} ({lowest:.3f}) "
            f"and rose to {last:.3f}: the model began to learn the training rows by heart. The "
            f"model of step {step:,} was kept. Fewer hyperparameters.epochs or more rows help."
        )


def _improving(summary: Summary, training_usd: float | None) -> Iterator[str]:
    losses = _validation(summary)
    if len(losses) < 2 or summary.steps < summary.planned_steps:  # noqa: PLR2004 - as above
        return
    before, last = losses[-2][1], losses[-1][1]
    if last != min(loss for _, loss in losses) or last > before * (1 - IMPROVING):
        return
    more = ""
    if summary.epochs:
        time = duration(summary.seconds / summary.epochs)
        price = f" and {usd(training_usd / summary.epochs)}" if training_usd is not None else ""
        more = f" Another epoch would take about {time}{price}."
    yield (
        f"The validation loss was still falling at the end ({before:.3f} to {last:.3f} in the last "
        f"evaluation): more hyperparameters.epochs may help.{more}"
    )


def _validation(summary: Summary) -> list[tuple[int, float]]:
    return [(point.step, point.eval_loss) for point in summary.curve if point.eval_loss is not None]
