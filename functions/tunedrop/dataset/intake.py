"""The first look at every row: check it, recognise twins, keep what a choice of splits needs."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tunedrop.dataset.keys import Keys
from tunedrop.dataset.labels import Labels
from tunedrop.dataset.record import RowError, Table
from tunedrop.dataset.rejects import Rejects
from tunedrop.dataset.shapes.example import Example, Shape
from tunedrop.dataset.spool import Spool


class Intake:
    """What is known of the rows after one reading; per kept row some 100 bytes.

    `groups` are the prompt keys and `characters` the lengths of the kept rows, in file order;
    `repeats` says how often a (prompt key, label number) came again.
    """

    def __init__(self, keys: Keys, spool: Spool, rejects: Rejects) -> None:
        self._keys = keys
        self._spool = spool
        self._rejects = rejects
        self._seen: set[int] = set()
        self.groups = array("Q")
        self.characters = array("Q")
        self.labels = Labels()
        self.repeats: Counter[tuple[int, str]] = Counter()
        self.rows = 0
        self.duplicates = 0

    def read(self, table: Table, shape: Shape) -> None:
        """Take in every row of the table; afterwards the twins' keys are forgotten."""
        for record in table.records():
            self.rows += 1
            try:
                example = shape.example(record)
            except RowError as error:
                self._rejects.add(record, error)
                continue
            self._keep(record.row, example)
        self._seen = set()

    def _keep(self, row: int, example: Example) -> None:
        group, whole = self._keys.of(example.prompt, example.completion)
        answer = example.completion[-1].content
        if whole in self._seen:
            self.duplicates += 1
            if self.labels.possible:
                self.repeats[group, answer] += 1
            return
        self._seen.add(whole)
        self.groups.append(group)
        self.characters.append(_length(example))
        self.labels.add(answer)
        self._spool.add(row, example)


def _length(example: Example) -> int:
    asked = sum([len(message.content) for message in example.prompt])
    return asked + sum([len(message.content) for message in example.completion])


def conflicting(intake: Intake) -> set[int]:
    """Return the positions of rows whose text carries another label elsewhere, and more often.

    Of a text with several labels the commonest label is kept; when none is commonest, no row is.
    """
    names = intake.labels.names
    voices: dict[int, list[tuple[int, int]]] = {}
    for group, positions in _shared(intake.groups):
        voices[group] = [
            (1 + intake.repeats[group, names[intake.labels.of_row[at]]], at) for at in positions
        ]
    losers: set[int] = set()
    for ballot in voices.values():
        most = max(votes for votes, _ in ballot)
        winners = [at for votes, at in ballot if votes == most]
        kept = winners if len(winners) == 1 else []
        losers.update(at for _, at in ballot if at not in kept)
    return losers


def _shared(groups: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield the prompt keys that several rows have, with those rows' positions."""
    ordered = sorted(groups)
    twice = {key for key, after in pairwise(ordered) if key == after}
    positions: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        if group in twice:
            positions.setdefault(group, []).append(at)
    yield from positions.items()
