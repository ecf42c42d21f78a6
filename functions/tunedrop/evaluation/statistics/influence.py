"""How much each unit contributes to a metric that exists only for all rows together.

The influence of a unit is how fast the metric changes with the unit's weight (infinitesimal
jackknife: Jaeckel 1972; Efron, "The jackknife, the bootstrap and other resampling plans", 1982,
chapter 6). The metric plus its influences behaves like one score for each unit, so the methods for
row scores apply to it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from tunedrop.evaluation.statistics.units import Units, UnitScores

WEIGHT = 1e-4  # Share of a unit's weight that is taken away to see how the metric changes.

Pair = tuple[str, str]
Score = Callable[[Mapping[Pair, float]], float]


def influence_scores(pairs: Sequence[Pair], units: Units, score: Score) -> UnitScores:
    """Return one score for each unit; their mean is the metric.

    Args:
        pairs: (gold, prediction) of each row.
        units: which rows belong together.
        score: the metric of counted pairs. It must not depend on the number of rows alone.
    """
    counts: dict[Pair, float] = dict(Counter(pairs))
    value = score(counts)
    members: list[list[Pair]] = [[] for _ in units.sizes]
    for unit, pair in zip(units.of_row, pairs, strict=True):
        members[unit].append(pair)
    known: dict[tuple[Pair, ...], float] = {}
    influences = []
    for own in members:
        content = tuple(sorted(own))
        if content not in known:
            known[content] = (value - score(_lighter(counts, content))) / WEIGHT
        influences.append(known[content] * len(members))
    middle = fmean(influences)  # Zero but for rounding.
    return UnitScores(
        sums=[value + influence - middle for influence in influences], sizes=[1.0] * len(members)
    )


def _lighter(counts: Mapping[Pair, float], content: Sequence[Pair]) -> dict[Pair, float]:
    """Return the counts after taking a small part of one unit's weight away."""
    lighter = dict(counts)
    for pair in content:
        lighter[pair] -= WEIGHT
    return lighter
