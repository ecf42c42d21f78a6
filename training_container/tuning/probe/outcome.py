"""The learning rate of a training: the best one of several trials, or the rule's."""

import math
import os
from dataclasses import asdict, dataclass, field
from typing import Any, Final

CLEARLY_BETTER: Final = 0.01
"""Another rate than the rule's must have a loss that is lower by this share of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The learning rate of the training, and where it comes from.

    `source` is `probe` if the trials decided, and otherwise `rule`. `best` is the number of the
    trial with the chosen rate, from 1, and 0 without trials.
    """

    learning_rate: float
    source: str
    reason: str
    seconds: float = 0.0
    best: int = 0
    trials: list[dict[str, Any]] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, Any]:
        """For the summary: the outcome, with its trials as those of a tuning job are written."""
        content = asdict(self)
        best, trials = content.pop("best"), content.pop("trials")
        return {**content, "trials": {"best": best, "trials": trials} if best else None}


def choose(rates: list[float], trials: list[dict[str, Any]], seconds: float) -> Outcome:
    """Return the rate with the lowest loss, or the first one, the rule's, if it is about as good.

    Args:
        rates: the learning rates.
        trials: one for each rate, as `trial_of` returns it.
        seconds: the time of all trials.
    """
    losses = [math.inf if trial["loss"] is None else trial["loss"] for trial in trials]
    best = min(range(len(losses)), key=losses.__getitem__)
    if losses[best] < losses[0] * (1 - CLEARLY_BETTER):
        reason = f"the best of {len(rates)} rates that were tried first; the rule's is {rates[0]:g}"
    else:
        best = 0
        others = " and ".join(f"{rate:g}" for rate in rates[1:])
        reason = f"the rule's; {others} were tried first and are not clearly better"
    return Outcome(
        learning_rate=rates[best],
        source="probe",
        reason=reason,
        seconds=seconds,
        best=best + 1,
        trials=trials,
    )


def trial_of(number: int, rate: float, loss: float, seconds: float) -> dict[str, Any]:
    """Return a trial as those of a tuning job are written; a loss that is not finite is a failure.

    Args:
        number: of the trial, from 1.
        rate: its learning rate.
        loss: its validation loss.
        seconds: how long it took.
    """
    is_finite = math.isfinite(loss)
    return {
        "number": number,
        "job": os.environ.get("TRAINING_JOB_NAME", ""),
        "status": "Completed" if is_finite else "Failed",
        "values": {"learning_rate": f"{rate:g}"},
        "loss": loss if is_finite else None,
        "seconds": round(seconds, 1),
        "reason": None if is_finite else f"the validation loss became {loss}",
    }
