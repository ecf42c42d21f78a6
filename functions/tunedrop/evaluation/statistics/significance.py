"""Exact tests, corrections for several tests, and the smallest detectable difference."""

from collections.abc import Sequence
from math import comb, sqrt
from statistics import NormalDist

from tunedrop.evaluation.statistics.intervals import z_of

POWER = 0.8  # The usual probability of detecting a difference that exists.


def mcnemar_exact(wins: int, losses: int) -> float:
    """Return the two-sided p value of McNemar's exact test.

    Under the null hypothesis, each model is right on half of the rows where only one is right.
    """
    discordant = wins + losses
    tail = sum(comb(discordant, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / (1 << discordant))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values with Holm's correction (1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    floor = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = floor
    return adjusted


def standard_error(differences: Sequence[float]) -> float:
    """Return the standard error of the mean of paired differences in -1..1.

    One win and one loss are added (Agresti and Min, 2005), so that the error is not zero when all
    rows are ties.
    """
    n = len(differences) + 2
    mean = sum(differences) / n
    squares = sum(difference * difference for difference in differences) + 2
    return sqrt((squares / n - mean * mean) / n)


def smallest_detectable(error: float, confidence: float) -> float:
    """Return the true difference that is detected with 80% power at this standard error."""
    return (z_of(confidence) + NormalDist().inv_cdf(POWER)) * error
