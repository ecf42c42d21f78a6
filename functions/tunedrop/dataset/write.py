"""The split files: rows in file order, counted and digested as they are written."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import BinaryIO

import msgspec

from tunedrop.dataset.checks.lengths import LengthCheck
from tunedrop.dataset.choice import Choice
from tunedrop.dataset.document import Row, Split
from tunedrop.dataset.intake import Intake
from tunedrop.dataset.source import Sink
from tunedrop.dataset.splitting import SPLITS
from tunedrop.dataset.spool import Spool, SystemPrompt
from tunedrop.dataset.statistics import TokenSample

BLOCK = 1 << 18  # bytes written and digested at once


class SplitFile:
    """One split file in the making."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._rows = 0
        self._labels: Counter[str] = Counter()
        self._waiting = bytearray()

    def add(self, line: bytes, label: str | None) -> None:
        """Append one encoded row."""
        self._waiting += line
        self._rows += 1
        if label is not None:
            self._labels[label] += 1
        if len(self._waiting) >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        self._file.write(self._waiting)
        self._digest.update(self._waiting)
        self._waiting.clear()

    def described(self) -> Split:
        """Return what dataset.json says of the flushed file."""
        return Split(self._rows, self._digest.hexdigest(), dict(sorted(self._labels.items())))


class Written(msgspec.Struct):
    """What became of the kept rows.

    The files, the training rows' lengths in characters, the numbers of the rows whose label
    conflicts, how many rows were not sampled, and how many training rows stand in a held-out
    split as well.
    """

    splits: dict[str, Split]
    train_characters: Sequence[int]
    conflicts: set[int]
    not_sampled: int
    leaks: int


def write_splits(  # noqa: PLR0913, PLR0917 - two lookers-on that may be absent
    spool: Spool,
    intake: Intake,
    choice: Choice,
    sink: Sink,
    lengths: LengthCheck | None = None,
    tokens: TokenSample | None = None,
) -> Written:
    """Write train.jsonl, validation.jsonl and test.jsonl."""
    system = SystemPrompt(choice.system)
    extra = len(choice.system or "")
    characters = array("Q")
    conflicts: set[int] = set()
    left: Counter[str | None] = Counter()
    with ExitStack() as stack:
        files = {
            name: SplitFile(stack.enter_context(sink.create(f"{name}.jsonl"))) for name in SPLITS
        }
        for at, (line, place) in enumerate(zip(spool.lines(), choice.places(), strict=True)):
            if place is None or place == "leak":
                left[place] += 1
            elif place == "conflict":
                conflicts.add(row_of(line))
            else:
                written = system.before(_respelled(line, choice))
                files[place].add(written, choice.label_of(at))
                if place == "train":
                    characters.append(intake.characters[at] + extra)
                    if tokens is not None:
                        tokens.look(len(characters), written)
                if lengths is not None and intake.characters[at] > lengths.least:
                    lengths.look(row_of(line), intake.characters[at])
        for file in files.values():
            file.flush()
    splits: dict[str, Split] = {name: file.described() for name, file in files.items()}
    return Written(splits, characters, conflicts, left[None], left["leak"])


class _Numbered(msgspec.Struct):
    """The part of an encoded row that tells which one it is."""

    row: int


def row_of(line: bytes) -> int:
    """Return the row number of an encoded row."""
    return msgspec.json.decode(line, type=_Numbered).row


def _respelled(line: bytes, choice: Choice) -> bytes:
    """Return the row with its label spelled as most rows spell it."""
    if not choice.spellings:
        return line
    row = msgspec.json.decode(line, type=Row)
    row.completion[-1].content = choice.spellings.get(row.answer, row.answer)
    return msgspec.json.encode(row) + b"\n"
