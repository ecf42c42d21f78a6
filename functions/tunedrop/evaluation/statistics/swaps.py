"""The permutation test of a metric that exists only for all rows together.

If two models were equally good, their answers to a unit could as well be swapped. The test is exact
for any metric and any number of units, also where the influence of a unit (`influence.py`) is only
an approximation, as with few rows of a label.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from random import Random

from tunedrop.evaluation.statistics.units import Units

SWAPS = 2_000
SEED = 17
ROUNDING = 1e-9

Cell = tuple[str, str, str]
"""(gold, the rival's answer, the tuned model's answer) of one row."""
Score = Callable[[Mapping[tuple[str, str], float]], float]


def swap_p(cells: Sequence[Cell], units: Units, score: Score) -> float:
    """Return the two-sided p value of the difference between two models' metrics.

    It is the share of draws, in which the answers to random units are swapped, with a difference at
    least as large as the observed one; the observed answers count as one more draw.
    """
    members: list[list[Cell]] = [[] for _ in units.sizes]
    for unit, cell in zip(units.of_row, cells, strict=True):
        members[unit].append(cell)
    alike = Counter(tuple(sorted(own)) for own in members)  # Units with the same answers.
    observed = abs(_difference({own: (n, 0) for own, n in alike.items()}, score)) - ROUNDING
    random = Random(SEED)  # noqa: S311 - statistics, not secrets
    extreme = 0
    for _ in range(SWAPS):
        drawn = {}
        for own, number in alike.items():
            kept = random.getrandbits(number).bit_count()
            drawn[own] = (kept, number - kept)
        extreme += abs(_difference(drawn, score)) >= observed
    return (extreme + 1) / (SWAPS + 1)


def _difference(drawn: Mapping[tuple[Cell, ...], tuple[int, int]], score: Score) -> float:
    """Return the difference when so many units are kept and so many are swapped."""
    rival: defaultdict[tuple[str, str], float] = defaultdict(int)
    tuned: defaultdict[tuple[str, str], float] = defaultdict(int)
    for own, (kept, swapped) in drawn.items():
        for gold, one, other in own:
            rival[gold, one] += kept
            tuned[gold, other] += kept
            if swapped:
                rival[gold, other] += swapped
                tuned[gold, one] += swapped
    return score(tuned) - score(rival)
