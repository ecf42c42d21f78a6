"""Confidence intervals for shares of rows, and the quantiles that they need."""

from math import cos, inf, pi, sin, sqrt
from statistics import NormalDist

BISECTIONS = 60  # Enough to narrow [-1, 1] down to the precision of a float.
MANY_FREEDOMS = 500  # From here on Student's t is the normal distribution to three digits.


def z_of(confidence: float) -> float:
    """Return the two-sided normal quantile: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def t_of(confidence: float, freedom: int) -> float:
    """Return the two-sided quantile of Student's t: 2.09 for 0.95 and 19 degrees of freedom."""
    return t_quantile(0.5 + confidence / 2, freedom)


def t_quantile(share: float, freedom: int) -> float:
    """Return the value that Student's t stays below with this probability, 0.5 or more."""
    if freedom >= MANY_FREEDOMS:
        return NormalDist().inv_cdf(share)
    low, high = 0.0, pi / 2  # Of the angle atan(t / sqrt(freedom)), which is bounded.
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if 0.5 + _t_share(middle, freedom) / 2 < share:
            low = middle
        else:
            high = middle
    return sqrt(freedom) * sin(low) / cos(low)


def _t_share(angle: float, freedom: int) -> float:
    """Return the probability that |t| is below tan(angle) * sqrt(freedom).

    The finite series are 26.7.3 and 26.7.4 of Abramowitz and Stegun's handbook (1964).
    """
    odd = freedom % 2
    term, total, square = (cos(angle) if odd else 1.0), 0.0, cos(angle) ** 2
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= square * k / (k + 1)
    if not odd:
        return sin(angle) * total
    return 2 / pi * (angle + sin(angle) * total)


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Return Wilson's score interval (1927) of a share.

    Args:
        share: 0 to 1.
        n: rows, above 0; for dependent rows their effective number (`effective_rows`).
        z: the two-sided quantile of the normal distribution, or of Student's t.
    """
    z2 = z**2
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


def effective_rows(share: float, error: float, units: int) -> float:
    """Return how many independent right-or-wrong rows would have this standard error.

    Korn and Graubard, "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data", Survey Methodology 24 (1998) 193-201. When all units agree,
    the error is zero and says nothing; then it is the number of units.
    """
    spread = share * (1 - share)
    if error == inf:
        return 1.0
    return max(1.0, spread / error**2) if error > 0 and spread > 0 else float(units)
