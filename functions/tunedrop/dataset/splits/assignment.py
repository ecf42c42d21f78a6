"""Assign every row to its split, when all rows are known."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import compress, count

import msgspec

from tunedrop.dataset.examining.labels import default_system_prompt
from tunedrop.dataset.shapes.example import Shape
from tunedrop.dataset.shapes.infer import LABELLED
from tunedrop.dataset.splits.columns import RowColumns
from tunedrop.dataset.splits.conflicts import conflicting
from tunedrop.dataset.splits.cuts import Cut, cuts
from tunedrop.dataset.splits.places import PLACES, RowPlace
from tunedrop.recipe.data import RowLimits, SplitShares
from tunedrop.recipe.schema import Recipe


class SplitAssignment:
    """The task, the labels, the system prompt, and the split of every kept row."""

    def __init__(self, columns: RowColumns, recipe: Recipe, shape: Shape) -> None:
        self._columns = columns
        self._recipe = recipe
        self._removes_leaks = recipe.split.leakage == "remove"
        labelled = shape.columns.shape in LABELLED
        self.task = (
            columns.labels.task(recipe.task, labelled=labelled)
            if shape.kind == "answers"
            else shape.kind
        )
        merges = self.is_classification and recipe.merge_labels
        self.spellings = columns.labels.merge_spellings() if merges else {}
        if self.spellings:
            columns.leave_out_respelled()
        self.conflicts: set[int] = conflicting(columns) if self.is_classification else set()
        self.label_counts = columns.labels.counts() if self.is_classification else None
        self.labels = sorted(self.label_counts or ())
        self.system = recipe.system
        if self.system is None and self.is_classification:
            self.system = default_system_prompt(self.labels)
        self._held_out = self._held_out_keys()
        self._ranks = self._ranked()
        self._strata = self._strata_of_links()
        self._cuts = {given: self._cut(given) for given in sorted(set(columns.given) or {0})}

    @property
    def leaks_kept(self) -> int:
        """How many training rows are in a held-out split too and kept, as the recipe says."""
        if self._removes_leaks:
            return 0
        rows = zip(self._columns.groups, self._columns.given, self._columns.kept, strict=True)
        links, held_out = self._columns.links, self._held_out
        return sum(
            kept and given == RowPlace.TRAIN and links.of(key) in held_out
            for key, given, kept in rows
        )

    @property
    def is_classification(self) -> bool:
        """Whether the answers are labels."""
        return self.task == "classification"

    def places(self) -> bytearray:
        """Return each row's place as a byte (see `RowPlace`)."""
        places = bytearray(map(self._place, self._rows()) if self._is_varied else self._drawn())
        for at in self.conflicts:
            places[at] = RowPlace.CONFLICT
        return places

    @property
    def _is_varied(self) -> bool:
        """Whether the place of a row depends on more than its key."""
        columns = self._columns
        return self.is_classification or bool(columns.links) or any(columns.given)

    def _drawn(self) -> Iterator[int]:
        """Return the places of rows that are drawn by their keys only."""
        [[cut]] = self._cuts.values()
        codes = (RowPlace.TEST, RowPlace.VALIDATION, RowPlace.TRAIN, RowPlace.NOT_SAMPLED)
        keys, kept = self._columns.groups, self._columns.kept
        bounds = (cut.test, cut.validation, cut.train)
        return (
            codes[bisect_right(bounds, key)] if keep else RowPlace.DUPLICATE
            for key, keep in zip(keys, kept, strict=True)
        )

    def _place(self, row: tuple[int, int, int, int]) -> int:
        at, key, stratum, given = row
        if not self._columns.kept[at]:
            return RowPlace.DUPLICATE
        if given and self._leaks(key, given):
            return RowPlace.LEAK
        split = self._cuts[given][stratum].split(key)
        return given if split and given > RowPlace.TRAIN else PLACES[split]

    def _rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield (position, key of the group, stratum, given split) of each row.

        Linked rows have the same key and stratum, so that they get the same split: the first label
        in alphabetical order, because the order of the rows must not matter.
        """
        links, labels, given_splits = self._columns.links, self._ranks, self._columns.given
        if not links:
            yield from zip(count(), self._columns.groups, labels, given_splits, strict=False)
            return
        rows = zip(self._columns.groups, labels, given_splits, self._columns.kept, strict=True)
        for at, (own, label, given, kept) in enumerate(rows):
            if kept and own in links:
                key = links.of(own)
                yield at, key, self._strata[key], given
            else:
                yield at, own, label, given

    def _leaks(self, key: int, given: int) -> bool:
        """Whether a training row's prompt is in a held-out split that the file names."""
        return given == RowPlace.TRAIN and self._removes_leaks and key in self._held_out

    def _held_out_keys(self) -> set[int]:
        links = self._columns.links
        if not any(self._columns.given):
            return set()
        rows = zip(self._columns.groups, self._columns.given, strict=True)
        # A linked key stands for all near duplicates of its row.
        return {links.of(key) for key, given in rows if given > RowPlace.TRAIN}

    def _ranked(self) -> Sequence[int]:
        """Return the rank of each row's label in alphabetical order; zeros without labels.

        The labels are numbered in the order of their first rows, which must not matter where
        several labels have an equal claim to a row.
        """
        if not self.is_classification:
            return bytes(len(self._columns.groups))
        names = self._columns.labels.names
        ranks = {
            number: rank
            for rank, number in enumerate(sorted(range(len(names)), key=names.__getitem__))
        }
        return array("H", map(ranks.__getitem__, self._columns.labels.of_row))

    def _strata_of_links(self) -> dict[int, int]:
        """Return the lowest rank of each group of linked rows."""
        links, strata = self._columns.links, dict[int, int]()
        if links:
            rows = zip(self._columns.groups, self._ranks, self._columns.kept, strict=True)
            for own, rank, kept in rows:
                if kept and own in links:
                    key = links.of(own)
                    strata[key] = min(rank, strata.get(key, rank))
        return strata

    def _cut(self, wanted: int) -> list[Cut]:
        """Return a cut for each stratum, for the rows with this given split (0: none)."""
        keys = [array("Q") for _ in self._columns.labels.names] if self.is_classification else []
        keys = keys or [array("Q")]
        kept = self._columns.kept
        if not self._is_varied:
            keys = [array("Q", compress(self._columns.groups, kept))]
            return cuts(keys, self._shares(wanted), self._limits(wanted))
        for at, key, stratum, given in self._rows():
            if given != wanted or not kept[at] or at in self.conflicts:
                continue
            if not (given and self._leaks(key, given)):
                keys[stratum].append(key)
        return cuts(keys, self._shares(wanted), self._limits(wanted))

    def _shares(self, given: int) -> SplitShares:
        """Return the shares for rows with a given split: only missing splits are drawn."""
        shares = self._recipe.split
        if given > RowPlace.TRAIN:
            return msgspec.structs.replace(shares, test=0.0, validation=0.0)
        named = set(self._columns.given)
        return msgspec.structs.replace(
            shares,
            validation=0.0 if RowPlace.VALIDATION in named else shares.validation,
            test=0.0 if RowPlace.TEST in named else shares.test,
        )

    def _limits(self, given: int) -> RowLimits:
        limits = self._recipe.rows
        most = {RowPlace.VALIDATION: limits.max_validation, RowPlace.TEST: limits.max_test}
        limit = most.get(RowPlace(given))
        return msgspec.structs.replace(limits, max_train=limit) if limit else limits
