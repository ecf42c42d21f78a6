"""The sign permutation test of a mean difference, and the interval that belongs to it.

If two models were equally good, the difference of each unit could as well have the opposite sign.
Each draw flips the signs of some units. The p value is the share of draws whose mean is as far from
zero as the observed mean. With up to 13 units all sign patterns are tried, so the p value is exact;
otherwise 10,000 are drawn, with a fixed seed.

The interval contains every difference that the same draws do not reject. It has a closed form: a
draw does not reject a difference that lies between the mean of the flipped units and the mean of
the others (Hartigan, "Using subsample values as typical values", JASA 64 (1969) 1303-1317). So the
interval leaves zero out if and only if p is below 1 - confidence.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, inf
from operator import getitem
from random import Random

from tunedrop.evaluation.statistics.intervals import tango
from tunedrop.evaluation.statistics.units import UnitScores

DRAWS = 10_000
MOST_TRIED = 13  # Units of which all 2 ** 13 sign patterns are tried.
SEED = 17
BITS = 8
ROUNDING = 1e-12  # Sums in another order differ in the last bits.


@dataclass(frozen=True, kw_only=True, slots=True)
class SignTest:
    """The two-sided p value and the interval of the mean difference."""

    p_value: float
    low: float
    high: float


def sign_test(differences: UnitScores, confidence: float) -> SignTest:
    """Test whether the mean difference is zero, by flipping the signs of whole units.

    Args:
        differences: each unit's sum of differences, each between -1 and 1, and its rows.
        confidence: for example 0.95.
    """
    units = len(differences.sums)
    tried = units <= MOST_TRIED
    pairs = _subset_means(differences, _every_coin(units) if tried else _drawn_coins(units))
    draws, extra = len(pairs), 0 if tried else 1  # The observed signs count as one more draw.
    around_zero = sum(low <= ROUNDING and high >= -ROUNDING for low, high in pairs)
    p_value = (around_zero + extra) / (draws + extra)
    kept = ceil((1 - confidence) * (draws + extra)) - extra
    low, high = -1.0, 1.0
    if kept > 0:
        low = max(low, sorted(low for low, _ in pairs)[kept - 1])
        high = min(high, sorted((high for _, high in pairs), reverse=True)[kept - 1])
    if p_value >= 1 - confidence:  # The draws do not reject zero, whatever the last bits say.
        low, high = min(low, 0.0), max(high, 0.0)
    return SignTest(
        p_value=p_value, **_widened(differences, confidence, {"low": low, "high": high})
    )


def _widened(
    differences: UnitScores, confidence: float, interval: dict[str, float]
) -> dict[str, float]:
    """Widen the interval when the draws cannot show how uncertain it is.

    Without any difference, for example, they would give an interval of length zero. When too few
    units differ for the test to reject anything, the units are counted as won, lost or tied.
    """
    units = len(differences.sums)
    means = [total / size for total, size in zip(differences.sums, differences.sizes, strict=True)]
    if units > 1 and max(means) - min(means) < ROUNDING < abs(differences.mean):
        # All units differ alike: the draws see no spread, but a further unit may be a tie.
        share, _ = tango(units, 0, units, confidence)
        ends = (differences.mean * share, differences.mean * (2 - share))
        return {
            "low": max(-1.0, min(*ends, interval["low"])),
            "high": min(1.0, max(*ends, interval["high"])),
        }
    won = sum(total > ROUNDING for total in differences.sums)
    lost = sum(total < -ROUNDING for total in differences.sums)
    if 2 * 0.5 ** (won + lost) < 1 - confidence:
        return interval
    low, high = tango(won, lost, units, confidence)
    return {"low": min(low, interval["low"]), "high": max(high, interval["high"])}


def _subset_means(differences: UnitScores, coins: Iterator[bytes]) -> list[tuple[float, float]]:
    """Return for each draw the lower and the higher of the means of its two subsets of units."""
    sums, rows_in = _subset_sums(differences.sums), _counter_of_rows(differences.sizes)
    total, rows = sum(differences.sums), sum(differences.sizes)
    pairs = []
    for coin in coins:
        part, part_rows = sum(map(getitem, sums, coin)), rows_in(coin)
        if part_rows <= 0 or part_rows >= rows:  # All signs or none are flipped.
            pairs.append((-inf, inf))
            continue
        one, other = part / part_rows, (total - part) / (rows - part_rows)
        pairs.append((one, other) if one < other else (other, one))
    return pairs


def _counter_of_rows(sizes: Sequence[float]) -> Callable[[bytes], float]:
    """Return a function that counts the rows of a subset of units; equal sizes are faster."""
    if len(set(sizes)) > 1:
        tables = _subset_sums(sizes)
        return lambda coin: sum(map(getitem, tables, coin))
    size, units = sizes[0], (1 << len(sizes)) - 1
    return lambda coin: (int.from_bytes(coin, "little") & units).bit_count() * size


def _subset_sums(values: Sequence[float]) -> list[list[float]]:
    """Return for each eight values the sums of all their 256 subsets.

    The sum of a random subset then takes one look-up for each eight values.
    """
    padded = [*values, *[0.0] * (-len(values) % BITS)]
    tables = []
    for start in range(0, len(padded), BITS):
        table = [0.0]
        for value in padded[start : start + BITS]:
            table += [subset + value for subset in table]
        tables.append(table)
    return tables


def _drawn_coins(units: int) -> Iterator[bytes]:
    """Yield random sign patterns: bit k of byte j says whether unit 8 j + k is flipped."""
    random = Random(SEED)  # noqa: S311 - statistics, not secrets
    size = ceil(units / BITS)
    return map(random.randbytes, [size] * DRAWS)


def _every_coin(units: int) -> Iterator[bytes]:
    as_bytes = partial(int.to_bytes, length=ceil(units / BITS), byteorder="little")
    return map(as_bytes, range(1 << units))
