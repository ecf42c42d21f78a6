"""The kept rows of a file whose checked rows do not fit on the disk: read and checked again."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from tunedrop.dataset.checks.inspector import Inspector
from tunedrop.dataset.record import Table
from tunedrop.dataset.shapes.example import Shape

Again = Callable[[Sequence[int]], Iterator[bytes]]
"""Gives the encoded rows with these row numbers, which ascend."""


def rereading(table: Table, shape: Shape, inspector: Inspector | None) -> Again:
    """Return what gives the kept rows once more; the same rows come out the same.

    Args:
        table: the drop.
        shape: how its rows become examples.
        inspector: one of its own, whose findings nobody asks for.
    """

    def again(rows: Sequence[int]) -> Iterator[bytes]:
        wanted = iter(rows)
        row = next(wanted, None)
        for record in table.records():
            if record.row != row:
                continue
            example = shape.example(record)
            if inspector is not None:
                inspector.inspect(record, example)
            yield msgspec.json.encode(example.as_row(record.row)) + b"\n"
            row = next(wanted, None)

    return again
