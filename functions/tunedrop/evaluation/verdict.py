"""From a difference with its interval to a verdict.

    better             chance does not explain the gain
    worse              chance does not explain the loss
    no_difference      whatever difference there is, it is too small to matter
    too_small_to_tell  the test rows leave both open

"Chance does not explain" means that the interval leaves zero out and that the p value says the
same. "Too small to matter" means within `min_gain`, or 5 points where the recipe asks for less.
"""

from tunedrop.documents.report import Comparison, Verdict
from tunedrop.recipe.schema import Gate

MIN_ROWS = 20  # below this the intervals are not to be trusted, whatever they say
SMALL = 0.05


def verdict_of(comparison: Comparison, gate: Gate) -> Verdict:
    """Say how the tuned model stands against the rival of this comparison."""
    if comparison.difference.n < MIN_ROWS:
        return "too_small_to_tell"
    if is_certain(comparison, gate):
        return "better" if comparison.difference.value > 0 else "worse"
    margin = matters(gate)
    if -margin < comparison.difference.low and comparison.difference.high < margin:
        return "no_difference"
    return "too_small_to_tell"


def passes(comparison: Comparison, gate: Gate) -> bool:
    """Return whether the tuned model is better by more than `min_gain`, with the confidence."""
    return verdict_of(comparison, gate) == "better" and comparison.difference.low > gate.min_gain


def is_certain(comparison: Comparison, gate: Gate) -> bool:
    """Return whether interval and test agree that chance alone would not do this."""
    apart = comparison.difference.low > 0 or comparison.difference.high < 0
    return apart and comparison.p_value < 1 - gate.confidence


def matters(gate: Gate) -> float:
    """Return the smallest difference that matters, 0 to 1."""
    return max(gate.min_gain, SMALL)
