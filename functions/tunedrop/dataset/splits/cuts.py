"""Divide rows into splits by the order of their seeded keys, equally in every run."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec

from tunedrop.dataset.readers.record import SplitName
from tunedrop.recipe.data import RowLimits, SplitShares


class Cut(msgspec.Struct, frozen=True):
    """The bounds of the splits within one label: keys below `test` are test rows, and so on.

    Equal prompts have equal keys, so they are always in the same split.
    """

    test: int
    validation: int
    train: int

    def split(self, key: int) -> SplitName | None:
        """Return the split, or None when the row is not sampled."""
        if key < self.test:
            return "test"
        if key < self.validation:
            return "validation"
        return "train" if key < self.train else None


def cuts(
    keys_by_label: Sequence[Sequence[int]], shares: SplitShares, limits: RowLimits
) -> list[Cut]:
    """Return a cut for each label, so that all splits have the same proportions of labels.

    Args:
        keys_by_label: the prompt keys (64 bits) of each label's rows, in any order.
        shares: the shares for test and validation; training gets the rest.
        limits: the largest number of rows in each split.
    """
    counts = [len(keys) for keys in keys_by_label]
    rows = sum(counts)
    test = apportion(counts, _wanted(rows, shares.test, limits.max_test))
    left = [count - taken for count, taken in zip(counts, test, strict=True)]
    validation = apportion(left, _wanted(rows, shares.validation, limits.max_validation))
    left = [count - taken for count, taken in zip(left, validation, strict=True)]
    if rows <= limits.max_train:
        train = counts  # All remaining rows, also those of groups that did not fit into a split.
    else:
        train = apportion(left, min(sum(left), limits.max_train), spare=0)
    return [
        _cut(keys, *sizes)
        for keys, *sizes in zip(keys_by_label, test, validation, train, strict=True)
    ]


def _wanted(rows: int, share: float, most: int) -> int:
    """Return how many rows to hold out; a share above zero gives at least one row."""
    return min(max(1, round(rows * share)), most) if share else 0


def _cut(keys: Sequence[int], test: int, validation: int, train: int) -> Cut:
    ordered = sorted(keys)
    bounds, end = [], 0
    for size in (test, validation, train):
        end = _end(ordered, end, size)
        bounds.append(ordered[end] if end < len(ordered) else 1 << 64)
    return Cut(*bounds)


def _end(ordered: list[int], start: int, size: int) -> int:
    """Return where a split of `size` keys from `start` ends, so that equal keys stay together.

    A group that crosses the end goes to the next split, unless this split would then be empty.
    """
    end = start + size
    if end >= len(ordered) or not size or ordered[end - 1] != ordered[end]:
        return min(end, len(ordered))
    first = bisect_left(ordered, ordered[end])
    return first if first > start else bisect_right(ordered, ordered[end])


def apportion(counts: Sequence[int], total: int, spare: int = 1) -> list[int]:
    """Divide `total` in proportion to `counts`, by the largest remainder method.

    Every label leaves `spare` rows for the following splits.
    """
    rows = sum(counts)
    if not rows:
        return [0] * len(counts)
    exact = [count * total / rows for count in counts]
    given = [
        min(int(share), max(0, count - spare)) for share, count in zip(exact, counts, strict=True)
    ]
    by_remainder = sorted(range(len(counts)), key=lambda i: (int(exact[i]) - exact[i], i))
    for index in by_remainder:
        if sum(given) >= total:
            break
        if given[index] < counts[index] - spare:
            given[index] += 1
    return given
