"""Near duplicates: MinHash candidates, confirmed by their true similarity."""

import importlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec

from tunedrop.dataset.document import Message
from tunedrop.dataset.shapes.example import Example
from tunedrop.dataset.spool import Spool

PERMUTATIONS = 96
BANDS = 12  # of 8 rows: similarity 0.9 is found with probability 0.999, 0.8 with 0.89
THRESHOLD = 0.8  # Jaccard similarity of the sets of three-word sequences
SHORTEST = 6  # words; of shorter texts single words decide too much
LONGEST = 4_096  # words looked at
LONG_ANSWER = 64  # characters; shorter answers are labels and no part of the text
MOST_CANDIDATES = 8  # a row is compared with so many
MOST_REMEMBERED = 1_000_000  # rows; each takes about 1 KB
KEPT_SETS = 64  # shingle sets kept for the next comparisons


class NearTwins:
    """Finds for each row an earlier one that is nearly the same.

    Only rows without such an earlier one are remembered, so that a crowd of twins costs one
    comparison each. `forgotten` counts the rows that later ones are not compared with, because
    memory or disk would not hold them.
    """

    def __init__(self, rensa: Any, spool: Spool, most: int = MOST_REMEMBERED) -> None:
        self._rensa = rensa
        self._spool = spool
        self._index = rensa.RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
        self._most = most
        self._remembered = 0
        self.forgotten = 0
        self._sets: OrderedDict[int, frozenset[str]] = OrderedDict()

    def twin_of(self, at: int, example: Example) -> int | None:
        """Return the position of an earlier, nearly equal row, or remember this one.

        Args:
            at: the position that the row will have in the spool.
            example: the row.
        """
        if self._spool.is_given_up:
            self.forgotten += 1
            return None
        shingles = shingles_of(_text(example.prompt, example.completion))
        if not shingles:
            return None
        sketch = self._rensa.RMinHash(PERMUTATIONS, 42)
        sketch.update(list(shingles))
        for candidate in sorted(self._index.query(sketch))[:MOST_CANDIDATES]:
            if similarity(shingles, self._shingles_at(candidate)) >= THRESHOLD:
                return int(candidate)
        if self._remembered < self._most:
            self._remembered += 1
            self._index.insert(at, sketch)
        else:
            self.forgotten += 1
        return None

    def _shingles_at(self, at: int) -> frozenset[str]:
        known = self._sets.get(at)
        if known is None:
            row = msgspec.json.decode(self._spool.line_at(at), type=_Spooled)
            answer = row.completion or row.chosen or [Message("assistant", row.text)]
            known = self._sets[at] = shingles_of(_text(row.prompt, answer))
            if len(self._sets) > KEPT_SETS:
                self._sets.popitem(last=False)
        return known


class _Spooled(msgspec.Struct):
    """What is compared of a spooled row of any task."""

    prompt: list[Message] = []
    completion: list[Message] = []
    chosen: list[Message] = []
    text: str = ""


def _text(prompt: Sequence[Message], answer: Sequence[Message]) -> str:
    texts = [message.content for message in prompt if message.role != "system"]
    if len(answer[0].content) > LONG_ANSWER or not texts:
        texts.append(answer[0].content)
    return "\n".join(texts)


def near_twins(spool: Spool) -> NearTwins | None:
    """Return the search for near duplicates, or None when its library is not installed."""
    try:
        return NearTwins(importlib.import_module("rensa"), spool)
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
