"""McNemar's test, and the smallest detectable difference."""

from math import comb, inf

from tunedrop.evaluation.statistics.intervals import t_of, t_quantile

POWER = 0.8  # The usual probability of detecting a difference that exists.


def mcnemar_mid_p(wins: int, losses: int) -> float:
    """Return the two-sided mid-p value of McNemar's test.

    Under the null hypothesis, each model is right on half of the rows where only one is right.
    The exact test counts the observed result in full and is therefore too cautious; the mid-p value
    counts half of it. It keeps its level in practice (Fagerland, Lydersen and Laake, "The McNemar
    test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional", BMC
    Medical Research Methodology 13:91, 2013).
    """
    discordant, fewer = wins + losses, min(wins, losses)
    tail = sum(comb(discordant, k) for k in range(fewer + 1))
    return (2 * tail - comb(discordant, fewer)) / (1 << discordant)


def smallest_detectable(error: float, confidence: float, units: int) -> float:
    """Return the true difference, at most 1, that is detected with 80% power.

    Args:
        error: the standard error of the difference.
        confidence: of the test.
        units: independent units; few of them make the quantiles larger.
    """
    if error == inf:
        return 1.0
    freedom = max(1, units - 1)
    return min(1.0, (t_of(confidence, freedom) + t_quantile(POWER, freedom)) * error)
