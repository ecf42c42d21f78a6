"""Several tables as one: the files, sheets and archive members of a drop."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from tunedrop.dataset.readers.json_lines import JsonLines, record_of
from tunedrop.dataset.readers.record import Chunk, Record, SplitName, Table
from tunedrop.errors import DatasetError

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
CHUNK = 64  # Rows in a chunk: few enough for the processor's cache, many enough to be fast.
CHUNK_BYTES = 1 << 20  # Bytes after which a chunk is complete with fewer rows.
# Checking the chunk's size after every line cost 3% of the reading time.
LINES_BETWEEN_SIZE_CHECKS = 16
_ORDER: tuple[SplitName | None, ...] = ("test", "validation", "train", None)


class NoTableError(DatasetError):
    """A file holds no rows. In an archive beside tables it is left out, and told."""


class Skipped(msgspec.Struct):
    """A file or sheet that is no table, beside others that are."""

    name: str
    why: str


class Part(msgspec.Struct):
    """One table and its name: a file, an archive member, a sheet or a JSON key.

    `encoding` names the encoding of a text if it was guessed.
    """

    table: Table
    name: str
    split: SplitName | None = None
    encoding: str = ""


class Parts:
    """All parts as one table with consecutive row numbers.

    Test rows come first and training rows last. A row that is in both is then found to be a
    duplicate in the training rows, where it would do harm. `skipped` says what was left out because
    it is no table. `guessed` names the encodings that were guessed.
    """

    def __init__(self, found: Sequence[Part | Skipped]) -> None:
        parts = [each for each in found if isinstance(each, Part)]
        self.skipped = [f"{each.name} {each.why}" for each in found if isinstance(each, Skipped)]
        self.guessed = [*dict.fromkeys(part.encoding for part in parts if part.encoding)]
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
        for chunk in self.chunks():
            yield from records_of(chunk)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of all parts in chunks that can be examined independently.

        When some parts are named like splits, the other parts are for training.
        """
        several = len(self._parts) > 1
        before = 0
        for part in self._parts:
            last = before
            for chunk in _pieces(part.table, before):
                chunk.file = part.name if several else None
                chunk.split = (part.split or "train") if self._given else None
                last = chunk.row + len(chunk.lines) if chunk.lines else chunk.records[-1].row
                yield chunk
            before = last


def records_of(chunk: Chunk) -> Iterator[Record]:
    """Yield the rows of a chunk with their file and split."""
    for record in chunk.records:
        record.file, record.split = chunk.file, chunk.split
        yield record
    for number, line in enumerate(chunk.lines, 1):
        found = record_of(line, chunk.row + number, chunk.line + number)
        if found is not None:
            found.file, found.split = chunk.file, chunk.split
            yield found


def _pieces(table: Table, before: int) -> Iterator[Chunk]:
    if isinstance(table, JsonLines):
        all_lines, done = table.lines(), 0
        while lines := _next_lines(all_lines):
            yield Chunk(lines=lines, row=before + done, line=done)
            done += len(lines)
        return
    all_records = table.records()
    while records := list(islice(all_records, CHUNK)):
        for record in records:
            record.row += before
        yield Chunk(records=records)


def _next_lines(lines: Iterator[bytes]) -> list[bytes]:
    """Return the lines of the next chunk; fewer when they are long."""
    some: list[bytes] = []
    size = 0
    while (
        len(some) < CHUNK
        and size < CHUNK_BYTES
        and (few := list(islice(lines, LINES_BETWEEN_SIZE_CHECKS)))
    ):
        some += few
        size += sum(map(len, few))
    return some


def split_of(name: str) -> SplitName | None:
    """Return the split that a name contains, such as `train.csv` or `my-dev-set.jsonl`."""
    words = re.split(r"[^a-z]+", name.lower())
    found = {_NAMES[word] for word in words if word in _NAMES}
    return found.pop() if len(found) == 1 else None
