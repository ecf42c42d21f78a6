"""Write the split files in the order of the source, and count and digest their rows."""

import re
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import compress
from typing import BinaryIO

import msgspec
from blake3 import blake3

from tunedrop.dataset.readers.record import SplitName
from tunedrop.dataset.readers.source import Sink
from tunedrop.dataset.sizing.tokens import TokenSample
from tunedrop.dataset.splits.assignment import SplitAssignment
from tunedrop.dataset.splits.clusters import CLUSTERED, ClusteredRows, clusters_of
from tunedrop.dataset.splits.columns import RowColumns
from tunedrop.dataset.splits.places import PLACES, SPLITS, RowPlace
from tunedrop.dataset.splits.spool import Spool
from tunedrop.documents.dataset import Split
from tunedrop.documents.rows import Message, Row

BLOCK = 1 << 18  # Bytes written and digested at once.
HEAD = 1 << 16  # First bytes of a split file that are kept, for the example rows of the page.
_RUN = re.compile(rb"(.)\1*", re.DOTALL)  # Consecutive rows with the same place.
_SYSTEM = b'{"role":"system"'  # The beginning of a system message.


class Rewriter:
    """Adds the system prompt to spooled rows and corrects the spelling of labels."""

    def __init__(self, assignment: SplitAssignment) -> None:
        self._spellings = assignment.spellings
        message = msgspec.json.encode(Message("system", assignment.system or ""))
        self._message = message + b"," if assignment.system else b""

    @property
    def is_needed(self) -> bool:
        """Whether any row would change."""
        return bool(self._message or self._spellings)

    def rewritten(self, line: bytes) -> bytes:
        """Return the row as it is to be written."""
        if self._spellings:
            row = msgspec.json.decode(line, type=Row)
            row.completion[-1].content = self._spellings.get(row.answer, row.answer)
            line = msgspec.json.encode(row) + b"\n"
        if not self._message:
            return line
        head, bracket, rest = line.partition(b"[")  # {"row":17,"prompt":[
        return line if rest.startswith(_SYSTEM) else head + bracket + self._message + rest


class SplitFile:
    """One split file that is being written; `head` are its first 64 KiB."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = blake3()
        self._buffer = memoryview(bytearray(BLOCK))
        self._waiting = 0
        self.head = bytearray()

    def add(self, lines: bytes | memoryview) -> None:
        """Append encoded rows, or part of a row."""
        end = self._waiting + len(lines)
        if end > BLOCK:
            self.flush()
            end = len(lines)
        if end > BLOCK:
            self._write(lines)
        else:
            self._buffer[self._waiting : end] = lines
            self._waiting = end

    def flush(self) -> None:
        """Write the buffer."""
        self._write(self._buffer[: self._waiting])
        self._waiting = 0

    def _write(self, lines: bytes | memoryview) -> None:
        self._file.write(lines)
        self._digest.update(lines)
        if len(self.head) < HEAD:
            self.head += lines[: HEAD - len(self.head)]

    @property
    def digest(self) -> str:
        """BLAKE3 of the flushed bytes, in hex."""
        return self._digest.hexdigest()


Files = Mapping[int, SplitFile | ClusteredRows]
"""The split files by their places."""


class Written(msgspec.Struct):
    """What happened to the rows that passed the checks.

    `splits` are the files, `places` the place of every row (see `RowPlace`), `train_characters` the
    lengths of the training rows, `conflicts` the numbers of the rows with a conflicting label.
    `leaks` counts the training rows that were left out because they are in a held-out split too.
    `head` is the beginning of train.jsonl.
    """

    splits: dict[str, Split]
    places: bytearray
    train_characters: Sequence[int]
    conflicts: set[int]
    not_sampled: int
    leaks: int
    head: bytes


def write_splits(
    spool: Spool,
    columns: RowColumns,
    assignment: SplitAssignment,
    sink: Sink,
    tokens: TokenSample | None = None,
) -> Written:
    """Write train.jsonl, validation.jsonl and test.jsonl."""
    places = assignment.places()
    clusters = clusters_of(places, columns, spool)
    with ExitStack() as stack:
        splits: dict[int, SplitFile] = {
            PLACES[name]: SplitFile(stack.enter_context(sink.create(f"{name}.jsonl")))
            for name in SPLITS
        }
        clustered = ClusteredRows(splits[RowPlace.TEST], clusters.numbers)
        files: Files = {**splits, CLUSTERED: clustered}
        rewriter = Rewriter(assignment)
        if rewriter.is_needed or tokens is not None or spool.is_given_up:
            _write_lines(spool, clusters.places, files, rewriter, tokens)
        else:
            _write_runs(spool, clusters.places, files)
        for file in splits.values():
            file.flush()
    given = set(columns.given)
    return Written(
        {
            name: Split(
                rows=places.count(PLACES[name]),
                blake3=splits[PLACES[name]].digest,
                labels=labels,
                units=clusters.units if name == "test" else None,
                given=PLACES[name] in given,
            )
            for name, labels in _labels(places, columns, assignment).items()
        },
        places,
        _train_characters(places, columns, assignment),
        {spool.rows[at] for at in assignment.conflicts},
        places.count(RowPlace.NOT_SAMPLED),
        places.count(RowPlace.LEAK),
        bytes(splits[PLACES["train"]].head),
    )


def _write_runs(spool: Spool, places: bytearray, files: Files) -> None:
    """Copy unchanged rows; consecutive rows with the same place are copied at once."""
    runs = (
        (files.get(run.group(1)[0]), sum(spool.sizes[run.start() : run.end()]))
        for run in _RUN.finditer(places)
    )
    file, left = None, 0
    for block in spool.blocks():
        at = 0
        while at < len(block):
            if not left:
                file, left = next(runs)
            size = min(left, len(block) - at)
            if file is not None:
                file.add(block[at : at + size])
            at += size
            left -= size


def _write_lines(
    spool: Spool, places: bytearray, files: Files, rewriter: Rewriter, tokens: TokenSample | None
) -> None:
    """Write each row with its system prompt and label spelling."""
    trained = 0
    for line, place in zip(spool.lines(), places, strict=True):
        file = files.get(place)
        if file is None:
            continue
        written = rewriter.rewritten(line)
        file.add(written)
        if place == RowPlace.TRAIN and tokens is not None:
            trained += 1
            tokens.count(trained, written)


def _labels(
    places: bytearray, columns: RowColumns, assignment: SplitAssignment
) -> dict[SplitName, dict[str, int]]:
    """Return how many rows of each split have each label."""
    labels: dict[SplitName, dict[str, int]] = {name: {} for name in SPLITS}
    if assignment.is_classification:
        names = columns.labels.names
        counts = Counter(zip(places, columns.labels.of_row, strict=True))
        for name in SPLITS:
            found = {names[n]: rows for (at, n), rows in counts.items() if at == PLACES[name]}
            labels[name] = dict(sorted(found.items()))
    return labels


def _train_characters(
    places: bytearray, columns: RowColumns, assignment: SplitAssignment
) -> Sequence[int]:
    """Return the lengths of the training rows with the system prompt."""
    found = compress(columns.characters, map(RowPlace.TRAIN.__eq__, places))
    extra = len(assignment.system or "")
    return array("Q", (length + extra for length in found)) if extra else array("Q", found)
