"""The split files: rows in file order, counted and digested as they are written."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import BinaryIO

import msgspec

from tunedrop.dataset.choice import Choice
from tunedrop.dataset.document import Split
from tunedrop.dataset.intake import Intake
from tunedrop.dataset.source import Sink
from tunedrop.dataset.splitting import SPLITS
from tunedrop.dataset.spool import Spool, SystemPrompt


class SplitFile:
    """One split file in the making."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._rows = 0
        self._labels: Counter[str] = Counter()

    def add(self, line: bytes, label: str | None) -> None:
        """Append one encoded row."""
        self._file.write(line)
        self._digest.update(line)
        self._rows += 1
        if label is not None:
            self._labels[label] += 1

    def described(self) -> Split:
        """Return what dataset.json says of the file."""
        return Split(self._rows, self._digest.hexdigest(), dict(sorted(self._labels.items())))


class _Numbered(msgspec.Struct):
    """The part of an encoded row that tells which one it is."""

    row: int


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


def write_splits(spool: Spool, intake: Intake, choice: Choice, sink: Sink) -> Written:
    """Write train.jsonl, validation.jsonl and test.jsonl."""
    system = SystemPrompt(choice.system)
    extra = len(choice.system or "")
    names = intake.labels.names
    lengths = array("Q")
    conflicts: set[int] = set()
    not_sampled = leaks = 0
    with ExitStack() as stack:
        files = {
            name: SplitFile(stack.enter_context(sink.create(f"{name}.jsonl"))) for name in SPLITS
        }
        for at, (line, place) in enumerate(zip(spool.lines(), choice.places(), strict=True)):
            if place == "conflict":
                conflicts.add(msgspec.json.decode(line, type=_Numbered).row)
            elif place == "leak":
                leaks += 1
            elif place is None:
                not_sampled += 1
            else:
                label = names[intake.labels.of_row[at]] if choice.is_classification else None
                files[place].add(system.before(line), label)
                if place == "train":
                    lengths.append(intake.characters[at] + extra)
    splits: dict[str, Split] = {name: file.described() for name, file in files.items()}
    return Written(splits, lengths, conflicts, not_sampled, leaks)
