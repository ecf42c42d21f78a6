"""The first look at every row: check it, recognise twins, keep what a choice of splits needs."""

from array import array
from collections import Counter

from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.checks.inspector import Inspector
from tunedrop.dataset.checks.near import NearTwins
from tunedrop.dataset.keys import Keys
from tunedrop.dataset.labels import Labels
from tunedrop.dataset.links import Links
from tunedrop.dataset.record import Record, RowError, SplitName, Table
from tunedrop.dataset.rejects import Rejects
from tunedrop.dataset.shapes.example import Example, Shape
from tunedrop.dataset.spool import Spool
from tunedrop.recipe import SplitShares

LARGEST_FAMILY = 4  # near twins that always stay together
LARGEST_SHARE = 0.05  # of all rows; a larger family is spread over the splits, and reported
_GIVEN: dict[SplitName | None, int] = {None: 0, "train": 1, "validation": 2, "test": 3}


class Intake:
    """What is known of the rows after one reading; per kept row some 100 bytes.

    `groups` are the prompt keys, `characters` the lengths and `given` the numbers of the splits
    that the file itself names (0 for none), all of the kept rows and in file order; `repeats`
    says how often a (prompt key, label) came again; `links` which prompts belong together;
    `disagreements` where nearly equal texts carry different answers; `scattered` how many rows
    are so much alike that keeping them together would leave nothing to choose from.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each has its own job
        self,
        split: SplitShares,
        spool: Spool,
        rejects: Rejects,
        findings: Findings,
        inspector: Inspector | None = None,
        near: NearTwins | None = None,
    ) -> None:
        self._keys = Keys(split.seed)
        self._group_by = split.group_by
        self._keeps_leaks = split.leakage == "keep"
        self._spool = spool
        self._rejects = rejects
        self._inspector = inspector
        self._near = near
        self._seen: set[int] = set()
        self.groups = array("Q")
        self.characters = array("I")
        self.given = bytearray()
        self.labels = Labels()
        self.links = Links()
        self.repeats: Counter[tuple[int, str]] = Counter()
        self.disagreements = Findings()
        self._twins: list[tuple[int, int]] = []
        self.scattered = 0
        self.findings = findings
        self.rows = 0
        self.duplicates = 0

    def read(self, table: Table, shape: Shape) -> None:
        """Take in every row of the table; afterwards the twins' keys are forgotten."""
        self.labels.possible = shape.kind == "answers"
        for record in table.records():
            self.rows += 1
            try:
                example = shape.example(record)
                if self._inspector is not None:
                    self._inspector.inspect(record, example)
            except RowError as error:
                self._rejects.add(record, error)
                continue
            self._keep(record, example)
        self._seen = set()
        self._near = None
        self._link_twins()

    def _link_twins(self) -> None:
        """Keep near twins together, but not so many that the splits could not be filled."""
        crowds = Links()
        for one, other in self._twins:
            crowds.unite(one, other)
        sizes = crowds.sizes(self.groups)
        most = max(LARGEST_FAMILY, len(self.groups) * LARGEST_SHARE)
        for one, other in self._twins:
            if sizes[crowds.of(one)] <= most:
                self.links.unite(one, other)
        self.scattered = sum(size for size in sizes.values() if size > most)

    def _keep(self, record: Record, example: Example) -> None:
        group, whole = self._keys.of(example)
        answer = example.label_text()
        if self._keeps_leaks:
            whole ^= _GIVEN[record.split]  # a twin in another split is not a duplicate
        if whole in self._seen:
            self.duplicates += 1
            if self._inspector is not None:
                self.findings.add("duplicate", record, example.asked_text())
            if self.labels.possible and answer is not None:
                self.repeats[group, answer] += 1
            return
        self._seen.add(whole)
        self.labels.add(answer)
        if self._near is not None or self._group_by is not None:
            self._link(record, example, group)
        self.groups.append(group)
        self.characters.append(example.characters())
        self.given.append(_GIVEN[record.split])
        self._spool.add(record.row, example)

    def _link(self, record: Record, example: Example, group: int) -> None:
        """Note which earlier rows must stand in the same split as this one."""
        if self._group_by is not None:
            value = record.fields().get(self._group_by)
            if value is not None and value != "":
                self.links.unite(group, self._keys.of_value(str(value)))
        twin = self._near.twin_of(len(self.groups), example) if self._near else None
        if twin is None:
            return
        self._twins.append((group, self.groups[twin]))
        self.findings.add("near_duplicate", record, example.asked_text())
        if self.labels.possible and self.labels.of_row[twin] != self.labels.of_row[-1]:
            excerpt = f"{example.completion[-1].content}: {example.asked_text()[:80]}"
            self.disagreements.add("neighbours_disagree", record, excerpt)
