"""Several tables as one: the sheets, members and files of a drop, and the splits they name."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from tunedrop.dataset.record import Record, SplitName, Table

_NAMES: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "eval": "validation",
    "test": "test",
    "testing": "test",
    "holdout": "test",
}
_ORDER: tuple[SplitName | None, ...] = ("test", "validation", "train", None)


class Part(msgspec.Struct):
    """One table and its name: a file, a member of an archive, a sheet, or a key."""

    table: Table
    name: str
    split: SplitName | None = None


class Parts:
    """All parts as one table, rows numbered on.

    Test rows come first and training rows last, so that a row which stands in both is known
    as a duplicate where it does harm: in training.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        named = {part.split for part in parts}
        given = len(parts) > 1 and "train" in named and bool(named & {"validation", "test"})
        self._parts = sorted(parts, key=lambda part: _ORDER.index(part.split) if given else 0)
        self._given = given
        self.splits: frozenset[SplitName] = frozenset(
            name for name in named if given and name is not None
        )
        formats = dict.fromkeys(part.table.format for part in parts)
        self.format = ", ".join(formats)

    def records(self) -> Iterator[Record]:
        """Yield the rows of all parts."""
        if len(self._parts) == 1:
            yield from self._parts[0].table.records()
            return
        before = 0
        for part in self._parts:
            row = before
            for record in part.table.records():
                row = before + record.row
                record.row = row
                record.file = part.name
                record.split = part.split if self._given else None
                yield record
            before = row


def split_of(name: str) -> SplitName | None:
    """Return the split that a file's or key's name means: `train.csv`, `my-dev-set.jsonl`."""
    words = re.split(r"[^a-z]+", name.lower())
    found = {_NAMES[word] for word in words if word in _NAMES}
    return found.pop() if len(found) == 1 else None
