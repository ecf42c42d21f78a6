"""The first look at every row: check it, recognise twins, keep what a choice of splits needs."""

from array import array
from collections import Counter

from tunedrop.dataset.keys import Keys
from tunedrop.dataset.labels import Labels
from tunedrop.dataset.links import Links
from tunedrop.dataset.record import Record, RowError, SplitName, Table
from tunedrop.dataset.rejects import Rejects
from tunedrop.dataset.shapes.example import Example, Shape
from tunedrop.dataset.spool import Spool
from tunedrop.recipe import SplitShares

_GIVEN: dict[SplitName | None, int] = {None: 0, "train": 1, "validation": 2, "test": 3}


class Intake:
    """What is known of the rows after one reading; per kept row some 100 bytes.

    `groups` are the prompt keys, `characters` the lengths and `given` the numbers of the splits
    that the file itself names (0 for none), all of the kept rows and in file order; `repeats`
    says how often a (prompt key, label) came again; `links` which prompts belong together.
    """

    def __init__(self, split: SplitShares, spool: Spool, rejects: Rejects) -> None:
        self._keys = Keys(split.seed)
        self._group_by = split.group_by
        self._keeps_leaks = split.leakage == "keep"
        self._spool = spool
        self._rejects = rejects
        self._seen: set[int] = set()
        self.groups = array("Q")
        self.characters = array("I")
        self.given = bytearray()
        self.labels = Labels()
        self.links = Links()
        self.repeats: Counter[tuple[int, str]] = Counter()
        self.rows = 0
        self.duplicates = 0

    def read(self, table: Table, shape: Shape) -> None:
        """Take in every row of the table; afterwards the twins' keys are forgotten."""
        self.labels.possible = shape.kind == "answers"
        for record in table.records():
            self.rows += 1
            try:
                example = shape.example(record)
            except RowError as error:
                self._rejects.add(record, error)
                continue
            self._keep(record, example)
        self._seen = set()

    def _keep(self, record: Record, example: Example) -> None:
        group, whole = self._keys.of(example)
        if self._group_by is not None:
            value = record.fields().get(self._group_by)
            self.links.unite(group, self._keys.of_value(str(value)))
        answer = example.completion[-1].content
        if self._keeps_leaks:
            whole ^= _GIVEN[record.split]  # a twin in another split is not a duplicate
        if whole in self._seen:
            self.duplicates += 1
            if self.labels.possible:
                self.repeats[group, answer] += 1
            return
        self._seen.add(whole)
        self.groups.append(group)
        self.characters.append(sum(map(len, example.texts())))
        self.given.append(_GIVEN[record.split])
        self.labels.add(answer)
        self._spool.add(record.row, example)
