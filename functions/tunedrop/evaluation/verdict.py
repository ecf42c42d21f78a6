"""Derive the verdict from a difference and its interval, and from it whether to ship the model.

    better             chance does not explain the gain
    worse              chance does not explain the loss
    no_difference      the difference is too small to matter
    too_small_to_tell  the test rows are too few to decide

Chance does not explain a difference when the interval excludes zero; the p value is then below
1 - confidence, because both come from the same test. A difference is too small to matter when it is
within `min_gain`, or within 5 points if `min_gain` is smaller. With fewer than 20 test rows, or 10
independent units, no method keeps its promises, so there is no verdict.
"""

from tunedrop.documents.judgement import Comparison, Verdict
from tunedrop.recipe.schema import Gate

MIN_ROWS = 20
MIN_UNITS = 10  # Groups of rows that belong together, and rows that stand alone.
DEFAULT_MARGIN = 0.05  # The smallest difference that matters, unless `min_gain` is larger.


def verdict_of(comparison: Comparison, gate: Gate) -> Verdict:
    """Return the verdict on the tuned model in this comparison."""
    if not is_enough(comparison):
        return "too_small_to_tell"
    if is_certain(comparison, gate):
        return "better" if comparison.difference.value > 0 else "worse"
    margin = margin_of(gate)
    if -margin < comparison.difference.low and comparison.difference.high < margin:
        return "no_difference"
    return "too_small_to_tell"


def is_enough(comparison: Comparison) -> bool:
    """Return whether there are enough test rows and units for any verdict."""
    return comparison.difference.n >= MIN_ROWS and comparison.units >= MIN_UNITS


def passes(comparison: Comparison, gate: Gate) -> bool:
    """Return whether the tuned model is better by more than `min_gain`, with the confidence."""
    return verdict_of(comparison, gate) == "better" and comparison.difference.low > gate.min_gain


def is_certain(comparison: Comparison, gate: Gate) -> bool:
    """Return whether the interval and the test rule out chance as the only cause."""
    apart = comparison.difference.low > 0 or comparison.difference.high < 0
    return apart and comparison.p_value < 1 - gate.confidence


def margin_of(gate: Gate) -> float:
    """Return the smallest difference that matters, 0 to 1."""
    return max(gate.min_gain, DEFAULT_MARGIN)
