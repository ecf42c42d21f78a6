"""Which learning rates a training job tries before it trains, and why none otherwise.

The job itself tries them (training_container/tuning/probe/), in a share of its own time.
"""

import msgspec
from msgspec.structs import replace

from tunedrop.documents.dataset import Technique
from tunedrop.documents.figures import minutes
from tunedrop.documents.run import CostEstimate
from tunedrop.jobs.choosing import PREFERENCE_TECHNIQUES, Chosen
from tunedrop.jobs.pricing import START_HOURS
from tunedrop.recipe.ranges import NumberRange, hyperparameter_ranges
from tunedrop.recipe.schema import Recipe

FACTORS = (1.0, 0.4, 2.5)
"""The rates as multiples of the rule's, which comes first."""
SHARE = 0.1
"""The largest part of the training's time that all trials take together."""
LEAST_SECONDS = 600.0
"""Nothing is tried in trainings that are expected to take less time."""


class RatesToTry(msgspec.Struct):
    """What training.json says of the trials.

    `rates` are the learning rates, the rule's first; there are none when nothing is tried. `reason`
    says why, in words. The job leaves the trials out when it measures that its training takes less
    than `least_seconds`, and ends them when they take more than `share` of its time.
    """

    rates: list[float]
    share: float
    least_seconds: float
    reason: str


NOTHING_TO_TRY = RatesToTry([], SHARE, LEAST_SECONDS, "no other rates are asked for")


def rates_to_try(
    recipe: Recipe, technique: Technique, chosen: Chosen, estimate: CostEstimate | None
) -> RatesToTry:
    """Return the rates that the job tries.

    Args:
        recipe: its probe, method, learning rate and tuning are used.
        technique: how the model learns.
        chosen: the complete hyperparameters.
        estimate: how long the training takes at most; None if that is not known.
    """
    rates: list[float] = []
    reason = _why_none(recipe, technique, estimate)
    if reason is None:
        reason = "rates around the rule's are tried on a share of an epoch"
        rates = _around(chosen.hyperparameters.learning_rate)
    return RatesToTry(rates, SHARE, LEAST_SECONDS, reason)


def announced(chosen: Chosen, probe: RatesToTry) -> Chosen:
    """Return what is chosen, with the rates that are tried told beside the learning rate."""
    if not probe.rates:
        return chosen
    others = " and ".join(f"{rate:g}" for rate in probe.rates[1:])
    choices = [
        replace(each, reason=f"{each.reason}; a training of 10 minutes or more tries {others} too")
        if each.name == "learning_rate"
        else each
        for each in chosen.choices
    ]
    return Chosen(chosen.hyperparameters, choices)


def _why_none(recipe: Recipe, technique: Technique, estimate: CostEstimate | None) -> str | None:
    """Return why no rate is tried, or None if some are."""
    hours = estimate.high_hours - START_HOURS[1] if estimate else LEAST_SECONDS / 3600
    reasons = {
        "the recipe says probe: off": recipe.probe == "off",
        "the recipe gives the learning rate": recipe.hyperparameters.learning_rate is not None,
        "the trials of the tuning job are compared instead": recipe.tune is not None,
        f"the loss of {technique} does not tell how far the model has left the base model": (
            technique in PREFERENCE_TECHNIQUES
        ),
        "all weights are trained, and trials would need a copy of them": recipe.method == "full",
        "trials with the base model in 4 bits have not been tried": recipe.method == "qlora",
        f"the training takes {minutes(hours)} at most": hours < LEAST_SECONDS / 3600,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _around(rate: float) -> list[float]:
    """Return the rates in the allowed range, to two significant digits."""
    allowed = hyperparameter_ranges()["learning_rate"]
    assert isinstance(allowed, NumberRange)  # noqa: S101
    rates = (float(f"{rate * factor:.2g}") if factor != 1 else rate for factor in FACTORS)
    return [each for each in rates if allowed.minimum <= each <= allowed.maximum]
