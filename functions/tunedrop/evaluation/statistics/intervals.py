"""Confidence intervals for shares of rows, and for resampled values."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

BISECTIONS = 60  # Enough to narrow [-1, 1] down to the precision of a float.


def z_of(confidence: float) -> float:
    """Return the two-sided normal quantile: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(successes: float, n: int, confidence: float) -> tuple[float, float]:
    """Return Wilson's score interval (1927) of a share; `n` of at least 1."""
    z2 = z_of(confidence) ** 2
    share = successes / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def tango(wins: int, losses: int, n: int, confidence: float) -> tuple[float, float]:
    """Return Tango's score interval of a difference between two shares of the same rows.

    It agrees with McNemar's test by construction and keeps its coverage with few or no discordant
    rows, where the textbook interval shrinks to a point. T. Tango, "Equivalence test
    and confidence interval for the difference in proportions for the paired-sample design",
    Statistics in Medicine 17 (1998) 891-908.

    Args:
        wins: rows that only the first got right.
        losses: rows that only the second got right.
        n: all rows, at least 1.
        confidence: for example 0.95.
    """
    z = z_of(confidence)
    observed = (wins - losses) / n

    def edge(outer: float, sign: int) -> float:
        inner = observed
        for _ in range(BISECTIONS):
            middle = (inner + outer) / 2
            if sign * _tango_score(wins, losses, n, middle) < z:
                inner = middle
            else:
                outer = middle
        return inner

    return edge(-1.0, 1), edge(1.0, -1)


def _tango_score(wins: int, losses: int, n: int, difference: float) -> float:
    """Return how many standard errors the observed difference lies above `difference`.

    `q` is the maximum-likelihood share of losses when the difference is `difference`.
    """
    b = -wins - losses + (2 * n - wins + losses) * difference
    c = -losses * difference * (1 - difference)
    q = (sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * q + difference * (1 - difference))
    distance = wins - losses - n * difference
    if variance <= 0:
        return 0.0 if distance == 0 else float("inf") * distance
    return distance / sqrt(variance)


def middle_share(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """Return the bounds of the middle `confidence` share of resampled values (percentiles)."""
    ordered = sorted(values)
    cut = (1 - confidence) / 2 * (len(ordered) - 1)
    return ordered[round(cut)], ordered[round(len(ordered) - 1 - cut)]
