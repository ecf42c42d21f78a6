"""Near duplicates: MinHash finds candidates, whose exact similarity is then computed."""

import importlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tunedrop.dataset.duplicates.scripts import is_unspaced
from tunedrop.documents.rows import AnyRow, read_row

LineAt = Callable[[int], bytes]
"""Returns the encoded row at a position."""

PERMUTATIONS = 96
# Bands of 6 hashes: similarity 0.85 is found with probability 0.9995, similarity 0.8 with 0.992.
BANDS = 16
THRESHOLD = 0.8  # Jaccard similarity of the sets of three-word sequences.
INDEXING_LIMIT = 0.95  # A row at least this similar to an indexed one is not indexed itself.
SHORTEST = 6  # Words; in a shorter text, a single word changes the similarity too much.
SHORTEST_UNSPACED = 12  # Characters; the same for a script without spaces between words.
UNSPACED = 4  # Characters of a sequence in such a script: about as long as three words.
LONGEST = 4_096  # Words of a text that are compared.
LONG_ANSWER = 64  # Characters; shorter answers are labels and are not compared.
MOST_CANDIDATES = 32  # Candidates that a row is compared with, half of them the newest.
MAX_INDEXED = 1_000_000  # Rows in the index; each takes about 1 KB.
KEPT_SETS = 64  # Sets of word sequences that are kept for the next comparisons.


class NearDuplicates:
    """Finds earlier rows that are nearly equal to a row.

    A row that is almost equal to an indexed one is not indexed itself, so that each row of a large
    cluster costs one comparison. The indexed row represents it: one minus the similarity is a
    metric, so a row with similarity 0.9 to the omitted row has at least 0.85 to the indexed one.
    `not_indexed` counts the rows that are missing in the index because it is full.
    """

    def __init__(self, rensa: Any, line_at: LineAt, most: int = MAX_INDEXED) -> None:
        self._rensa = rensa
        self._line_at = line_at
        self._index = rensa.RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
        self._most = most
        self._indexed = 0
        self.not_indexed = 0
        self._sets: OrderedDict[int, frozenset[str]] = OrderedDict()

    def duplicates_of(self, at: int, row: AnyRow) -> list[int]:
        """Return the positions of earlier, nearly equal rows, and index this one if necessary.

        Args:
            at: the row's position in the spool.
            row: the row.
        """
        shingles = shingles_of(compared_text(row))
        if not shingles:
            return []
        sketch = self._rensa.RMinHash(PERMUTATIONS, 42)
        sketch.update(list(shingles))
        similarities = {
            int(candidate): similarity(shingles, self._shingles_at(candidate))
            for candidate in _limited(sorted(self._index.query(sketch)))
        }
        if max(similarities.values(), default=0.0) < INDEXING_LIMIT:
            self._add_to_index(at, sketch)
        return [candidate for candidate, found in similarities.items() if found >= THRESHOLD]

    def _add_to_index(self, at: int, sketch: Any) -> None:
        if self._indexed < self._most:
            self._indexed += 1
            self._index.insert(at, sketch)
        else:
            self.not_indexed += 1

    def _shingles_at(self, at: int) -> frozenset[str]:
        known = self._sets.get(at)
        if known is None:
            row = read_row(self._line_at(at))
            known = self._sets[at] = shingles_of(compared_text(row))
            if len(self._sets) > KEPT_SETS:
                self._sets.popitem(last=False)
        return known


def _limited(candidates: list[int]) -> list[int]:
    if len(candidates) <= MOST_CANDIDATES:
        return candidates
    half = MOST_CANDIDATES // 2
    return candidates[:half] + candidates[-half:]


def compared_text(row: AnyRow) -> str:
    """Return the compared text: the prompt, and the answer if it is longer than a label."""
    texts = [message.content for message in row.prompt if message.role != "system"]
    answer = row.learned[0].content
    if len(answer) > LONG_ANSWER or not texts:
        texts.append(answer)
    return "\n".join(texts)


def near_duplicates(line_at: LineAt) -> NearDuplicates | None:
    """Return the search for near duplicates, or None when its library is not installed."""
    try:
        return NearDuplicates(importlib.import_module("rensa"), line_at)
    except ImportError:
        return None


def shingles_of(text: str) -> frozenset[str]:
    """Return the sequences of three words; none for a text that is too short to compare.

    In a text without spaces between words, sequences of characters take their place.
    """
    if is_unspaced(text):
        chars = "".join(text.lower().split())[: LONGEST * 2]
        if len(chars) < SHORTEST_UNSPACED:
            return frozenset()
        return frozenset(chars[at : at + UNSPACED] for at in range(len(chars) - UNSPACED + 1))
    words = text.lower().split()[:LONGEST]
    if len(words) < SHORTEST:
        return frozenset()
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity."""
    shared = len(one & other)
    together = len(one) + len(other) - shared
    return shared / together if together else 0.0
