"""Columns of numbers about all rows, from which the splits are assigned. Texts are not kept."""

from array import array
from itertools import compress
from typing import Any

from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.duplicates.exact import find_duplicates
from tunedrop.dataset.duplicates.links import Links
from tunedrop.dataset.examining.batch import Batch
from tunedrop.dataset.examining.labels import Labels
from tunedrop.dataset.examining.rejects import Rejects
from tunedrop.dataset.splits.groups import about_group, why_not_grouped
from tunedrop.dataset.splits.places import PLACES
from tunedrop.dataset.splits.spool import Spool
from tunedrop.documents.dataset import GroupColumn, Place
from tunedrop.documents.rows import read_row
from tunedrop.recipe.data import SplitShares


class RowColumns:
    """The rows that passed the checks, as columns in the order of the spool.

    A row takes about 40 bytes.

    `groups` are the prompt keys, `characters` the lengths, and `given` the splits that the file
    itself names (see `RowPlace`). `kept` is 0 for a row that repeats an earlier one. `links` says
    which prompts must be in the same split. `families` links further the near duplicates that are
    too many for one split; the statistics of the evaluation need them. `spoken` are the languages
    of the first rows.
    """

    def __init__(
        self,
        split: SplitShares,
        spool: Spool,
        *,
        labels_possible: bool,
        group: GroupColumn | None = None,
    ) -> None:
        self._split = split
        self._group = group
        self._spool = spool
        self.groups = array("Q")
        self.characters = array("I")
        self.given = bytearray()
        self.kept = bytearray()
        self._lines = array("I")
        self._group_values = array("Q")
        self._files: list[tuple[int, str | None]] = []
        self.labels = Labels(possible=labels_possible)
        self.links = Links()
        self.families = Links()
        self.rejects = Rejects()
        self.findings = Findings()
        self.disagreements = Findings()
        self.spoken: list[Any] = []
        self.scattered = 0
        self.rows = 0
        self.duplicates = 0

    def take(self, batch: Batch) -> None:
        """Add the next rows."""
        rows = len(batch.rows)
        if not self._files or self._files[-1][1] != batch.file:
            self._files.append((len(self.groups), batch.file))
        self.rows += batch.seen
        self.groups.extend(batch.candidates)
        self.characters.extend(batch.characters)
        self.given += bytes((PLACES[batch.split],)) * rows
        self._lines.extend(batch.lines)
        self._group_values.extend(batch.group_values)
        self.labels.extend(batch.answers)
        self.rejects.take(batch.rejects)
        self.findings.take(batch.findings)
        self.spoken += batch.spoken
        self._spool.add(batch.encoded, batch.rows, batch.sizes)

    def leave_out_duplicates(self, *, noted: bool) -> None:
        """Mark the rows that repeat an earlier one; `noted` adds them to the findings."""
        self.kept = bytearray(b"\1") * len(self.groups)
        marks = self.given if self._split.leakage == "keep" else bytes(len(self.groups))
        repeated = find_duplicates(self.groups, marks, self._spool.lines_at, self._split.seed)
        for at, line in repeated:
            self.kept[at] = 0
            self.duplicates += 1
            if noted:
                self.findings.add_place("duplicate", self.place(at, read_row(line).question))
        self._keep_groups_together()
        self.labels.count_only(self.kept)

    def _keep_groups_together(self) -> None:
        """Link the rows of each group; a column that was found must be fit for it."""
        group, is_held_out = self._group, self._split.test or self._split.validation
        if group is None or (group.kind and not is_held_out):
            return
        if group.kind:
            against = why_not_grouped(self._group_values, self.kept, self.given, self._split)
            group.told = about_group(group, against)
            if against:
                return
        pairs = zip(self.groups, self._group_values, strict=True)
        for key, value in compress(pairs, self.kept):
            if value:
                self.links.unite(key, value)

    def leave_out_respelled(self) -> None:
        """Mark further duplicates, now that every label has one spelling."""
        known: set[tuple[int, int, int]] = set()
        rows = zip(self.groups, self.labels.of_row, self.given, self.kept, strict=True)
        marked = self._split.leakage == "keep"
        for at, (group, label, given, kept) in enumerate(rows):
            row = (group, label, given if marked else 0)
            if kept and row in known:
                self.kept[at] = 0
                self.duplicates += 1
            known.add(row)

    def cluster(self, at: int) -> int:
        """Return a key that the row at a position shares with the rows that belong to it."""
        return self.families.of(self.links.of(self.groups[at]))

    def place(self, at: int, excerpt: str) -> Place:
        """Return the place in the source of the row at a position."""
        file = next(file for first, file in reversed(self._files) if first <= at)
        return Place(self._spool.rows[at], self._lines[at] or None, file, excerpt)
