"""Near duplicates: MinHash candidates, confirmed by their true similarity."""

import importlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tunedrop.documents.rows import AnyRow, read_row

LineAt = Callable[[int], bytes]
"""Gives the encoded row at a position."""

PERMUTATIONS = 96
BANDS = 16  # of 6 rows: similarity 0.85 is found with probability 0.9995, 0.8 with 0.992
THRESHOLD = 0.8  # Jaccard similarity of the sets of three-word sequences
SAME = 0.95  # of a row that is as like to one that is remembered, nothing is remembered
SHORTEST = 6  # words; of shorter texts single words decide too much
LONGEST = 4_096  # words looked at
LONG_ANSWER = 64  # characters; shorter answers are labels and no part of the text
MOST_CANDIDATES = 32  # a row of a crowd is compared with so many, half of them the newest
MOST_REMEMBERED = 1_000_000  # rows; each takes about 1 KB
KEPT_SETS = 64  # shingle sets kept for the next comparisons


class NearTwins:
    """Finds for each row an earlier one that is nearly the same.

    A row with an earlier one that is all but the same is not remembered, so that a crowd of twins
    costs one comparison each. That one stands for it: the distance (one less the similarity) is a
    metric, so that a row 0.9 like the forgotten one is 0.85 like the remembered one. `forgotten`
    counts the rows that later ones are not compared with, because memory would not hold them.
    """

    def __init__(self, rensa: Any, line_at: LineAt, most: int = MOST_REMEMBERED) -> None:
        self._rensa = rensa
        self._line_at = line_at
        self._index = rensa.RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
        self._most = most
        self._remembered = 0
        self.forgotten = 0
        self._sets: OrderedDict[int, frozenset[str]] = OrderedDict()

    def twins_of(self, at: int, row: AnyRow) -> list[int]:
        """Return the positions of earlier, nearly equal rows, and remember this one if need be.

        Args:
            at: the row's position in the spool.
            row: the row.
        """
        shingles = shingles_of(compared_text(row))
        if not shingles:
            return []
        sketch = self._rensa.RMinHash(PERMUTATIONS, 42)
        sketch.update(list(shingles))
        alike = {
            int(candidate): similarity(shingles, self._shingles_at(candidate))
            for candidate in _some(sorted(self._index.query(sketch)))
        }
        if max(alike.values(), default=0.0) < SAME:
            self._remember(at, sketch)
        return [candidate for candidate, found in alike.items() if found >= THRESHOLD]

    def _remember(self, at: int, sketch: Any) -> None:
        if self._remembered < self._most:
            self._remembered += 1
            self._index.insert(at, sketch)
        else:
            self.forgotten += 1

    def _shingles_at(self, at: int) -> frozenset[str]:
        known = self._sets.get(at)
        if known is None:
            row = read_row(self._line_at(at))
            known = self._sets[at] = shingles_of(compared_text(row))
            if len(self._sets) > KEPT_SETS:
                self._sets.popitem(last=False)
        return known


def _some(candidates: list[int]) -> list[int]:
    if len(candidates) <= MOST_CANDIDATES:
        return candidates
    half = MOST_CANDIDATES // 2
    return candidates[:half] + candidates[-half:]


def compared_text(row: AnyRow) -> str:
    """Return what is compared: all that is asked, and the answer where it is more than a label."""
    texts = [message.content for message in row.prompt if message.role != "system"]
    answer = row.learned[0].content
    if len(answer) > LONG_ANSWER or not texts:
        texts.append(answer)
    return "\n".join(texts)


def near_twins(line_at: LineAt) -> NearTwins | None:
    """Return the search for near duplicates, or None when its library is not installed."""
    try:
        return NearTwins(importlib.import_module("rensa"), line_at)
    except ImportError:
        return None


def shingles_of(text: str) -> frozenset[str]:
    """Return the sequences of three words; nothing for a text that is too short to judge."""
    words = text.lower().split()[:LONGEST]
    if len(words) < SHORTEST:
        return frozenset()
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity."""
    shared = len(one & other)
    together = len(one) + len(other) - shared
    return shared / together if together else 0.0
