"""Exact duplicates: rows with equal candidate keys are compared completely."""

from __future__ import annotations  # an array has no type parameter before Python 3.12

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import compress, islice
from operator import eq

from blake3 import blake3

from tunedrop.dataset.duplicates.keys import Keys

LinesAt = Callable[[Sequence[int]], Iterator[bytes]]
"""Yields the encoded rows at these ascending positions."""


def find_duplicates(
    groups: array[int], marks: Sequence[int], lines_at: LinesAt, seed: int
) -> Iterator[tuple[int, bytes]]:
    """Yield the position and line of each row that repeats an earlier one, and correct `groups`.

    Args:
        groups: the candidate key of each row. Afterwards two rows have the same key if and only if
            they have the same prompt.
        marks: a number for each row; rows with different numbers are not duplicates.
        lines_at: reads rows again.
        seed: the seed of the keys.
    """
    shared = _repeated(groups)
    positions = [at for at, key in enumerate(groups) if key in shared] if shared else []
    exact = _Exact(seed)
    prompts = array("Q")
    known: set[int] = set()
    for at, line in zip(positions, lines_at(positions), strict=True):
        prompt, whole = exact.keys_of(line)
        prompts.append(prompt)
        whole ^= marks[at]
        if whole in known:
            yield at, line
        known.add(whole)
    _tell_apart(groups, positions, prompts)


def _tell_apart(groups: array[int], positions: Sequence[int], prompts: Sequence[int]) -> None:
    """Where several prompts share a key, replace it by the key of the whole prompt."""
    first: dict[int, int] = {}
    ambiguous = {
        groups[at]
        for at, prompt in zip(positions, prompts, strict=True)
        if first.setdefault(groups[at], prompt) != prompt
    }
    for at, prompt in zip(positions, prompts, strict=True):
        if groups[at] in ambiguous:
            groups[at] = prompt


def _repeated(groups: array[int]) -> set[int]:
    ordered = sorted(groups)
    return set(compress(ordered, map(eq, ordered, islice(ordered, 1, None))))


class _Exact:
    """Computes the keys of rows, only once for rows whose bytes are identical."""

    def __init__(self, seed: int) -> None:
        self._keys = Keys(seed)
        self._known: dict[bytes, tuple[int, int]] = {}

    def keys_of(self, line: bytes) -> tuple[int, int]:
        without_number = memoryview(line)[line.index(b",") :]
        content = blake3(without_number).digest(16)
        keys = self._known.get(content)
        if keys is None:
            keys = self._known[content] = self._keys.of(line)
        return keys
