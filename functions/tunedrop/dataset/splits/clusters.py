"""Mark the test rows that belong together, so that the evaluation counts them as one unit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tunedrop.dataset.splits.places import RowPlace

if TYPE_CHECKING:
    from tunedrop.dataset.splits.columns import RowColumns
    from tunedrop.dataset.splits.spool import Spool

CLUSTERED = 0xFF  # In place of `RowPlace.TEST`: a test row that gets a cluster.


class Rows(Protocol):
    """A split file that takes encoded rows."""

    def add(self, lines: bytes | memoryview) -> None:
        """Append encoded rows."""
        ...


class Clusters(NamedTuple):
    """The test rows that belong together.

    `places` are the places of all rows, with `CLUSTERED` for a test row whose cluster has several
    test rows. `numbers` are their clusters in the order of the rows: the smallest number of a test
    row in it. `units` counts the clusters and the test rows that stand alone.
    """

    places: bytearray
    numbers: list[int]
    units: int


def clusters_of(places: bytearray, columns: RowColumns, spool: Spool) -> Clusters:
    """Return which test rows belong together."""
    tests = [at for at, place in enumerate(places) if place == RowPlace.TEST]
    keys = [columns.cluster(at) for at in tests]
    sizes = Counter(keys)
    if len(sizes) == len(keys):
        return Clusters(places, [], len(sizes))
    first: dict[int, int] = {}
    marked, numbers = bytearray(places), []
    for at, key in zip(tests, keys, strict=True):
        if sizes[key] > 1:
            marked[at] = CLUSTERED
            numbers.append(first.setdefault(key, spool.rows[at]))
    return Clusters(marked, numbers, len(sizes))


class ClusteredRows:
    """Writes the cluster into each row before it goes to the test file.

    Rows may arrive in pieces, as the blocks of the spool divide them.
    """

    def __init__(self, test: Rows, numbers: list[int]) -> None:
        self._test = test
        self._numbers = iter(numbers)
        self._piece = b""

    def add(self, lines: bytes | memoryview) -> None:
        """Take encoded rows, or part of a row."""
        *complete, self._piece = (self._piece + bytes(lines)).split(b"\n")
        for line in complete:
            row, comma, rest = line.partition(b",")  # {"row":17,"prompt":[
            self._test.add(row + b',"cluster":%d' % next(self._numbers) + comma + rest + b"\n")
