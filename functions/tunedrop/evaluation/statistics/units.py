"""Units: the rows that belong together and count as one observation.

Rows of one group, near duplicates, rows with the same prompt and repeated answers to one row are
right or wrong together. Statistics that take them for independent say "better" far too often.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, sqrt
from statistics import fmean


@dataclass(frozen=True, kw_only=True)
class Units:
    """The unit of each row.

    `of_row` numbers the units from 0 in the order of their first rows; `sizes` are their rows. When
    rows were answered several times, each answer counts as a row here, and `answered` has the
    number of the row that it answers; else it is empty.
    """

    of_row: Sequence[int]
    sizes: Sequence[int]
    answered: Sequence[int] = ()

    @property
    def rows(self) -> int:
        """The number of rows, each counted once."""
        return len(set(self.answered)) if self.answered else len(self.of_row)

    def by_row(self, scores: Sequence[float]) -> Sequence[float]:
        """Return one score for each row: the mean of its answers."""
        if not self.answered:
            return scores
        own: dict[int, list[float]] = {}
        for row, score in zip(self.answered, scores, strict=True):
            own.setdefault(row, []).append(score)
        return [fmean(each) for each in own.values()]

    @property
    def are_rows(self) -> bool:
        """Whether every unit is a single row, so that the rows are independent."""
        return len(self.sizes) == len(self.of_row)

    def sums(self, values: Sequence[float]) -> list[float]:
        """Return the sum of each unit's values, from one value a row."""
        totals = [0.0] * len(self.sizes)
        for unit, value in zip(self.of_row, values, strict=True):
            totals[unit] += value
        return totals

    def scores(self, values: Sequence[float]) -> "UnitScores":
        """Return what the units contribute to the mean of these values, one for each row."""
        return UnitScores(sums=self.sums(values), sizes=self.sizes)


def units_of(keys: Sequence[Hashable], answered: Sequence[int] = ()) -> Units:
    """Return the units of rows with these keys: equal keys are one unit.

    `answered` has the row of each answer, when rows were answered several times.
    """
    numbers: dict[Hashable, int] = {}
    of_row = [numbers.setdefault(key, len(numbers)) for key in keys]
    sizes = [0] * len(numbers)
    for unit in of_row:
        sizes[unit] += 1
    return Units(of_row=of_row, sizes=sizes, answered=answered)


@dataclass(frozen=True, kw_only=True)
class UnitScores:
    """The sums and the sizes of all units; their quotient of totals is the mean."""

    sums: Sequence[float]
    sizes: Sequence[float]

    @cached_property
    def mean(self) -> float:
        """The mean over all rows."""
        return sum(self.sums) / sum(self.sizes)

    @cached_property
    def standard_error(self) -> float:
        """The cluster-robust standard error of the mean (CR1), infinite for a single unit.

        The residual of a unit is its sum minus its size times the mean (Liang and Zeger, 1986),
        with the usual correction for few clusters, G / (G - 1).
        """
        units = len(self.sums)
        if units < 2:  # noqa: PLR2004 - one unit has no spread
            return inf
        mean = self.mean
        squares = sum(
            (total - size * mean) ** 2 for total, size in zip(self.sums, self.sizes, strict=True)
        )
        return sqrt(units / (units - 1) * squares) / sum(self.sizes)

    def with_a_win_and_a_loss(self) -> "UnitScores":
        """Return the units with one full win and one full loss more (Agresti and Min, 2005).

        The standard error of a difference is then not zero when all units are ties.
        """
        size = sum(self.sizes) / len(self.sizes)
        return UnitScores(sums=[*self.sums, size, -size], sizes=[*self.sizes, size, size])
