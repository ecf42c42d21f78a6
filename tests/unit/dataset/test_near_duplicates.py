"""Planted twins are found, strangers are not."""

import random

import msgspec
import rensa

from tunedrop.dataset.checks.near import NearTwins, shingles_of, similarity
from tunedrop.dataset.document import Message
from tunedrop.dataset.keys import Encoded

CHANCE = random.Random(11)  # noqa: S311 - planted data, the same on every run
WORDS = [f"word{n}" for n in range(3_000)]


def row(words: list[str]) -> Encoded:
    return Encoded([Message("user", " ".join(words))], [Message("assistant", "label")])


def positions(rows: list[list[str]], most: int = 10_000) -> tuple[list[int | None], NearTwins]:
    """Return for each row the position of its twin, if one was found, and the search itself."""
    lines = [msgspec.json.encode(row(words)) for words in rows]
    near = NearTwins(rensa, lines.__getitem__, most)
    return [near.twin_of(at, row(words)) for at, words in enumerate(rows)], near


def planted(words: list[str], similar: float) -> list[str]:
    """Return words of which so many are exchanged, side by side, that this similarity is left."""
    shingles = len(words) - 2
    changed = round(shingles * (1 - similar) / (1 + similar)) - 2
    start = CHANCE.randrange(len(words) - changed)
    return [*words[:start], *(f"new{n}" for n in range(changed)), *words[start + changed :]]


def test_twins_are_recalled_and_strangers_left_alone() -> None:
    originals = [CHANCE.choices(WORDS, k=CHANCE.randint(80, 300)) for _ in range(600)]
    twins = [planted(words, 0.92) for words in originals]
    strangers = [planted(words, 0.45) for words in originals]
    found, _ = positions([*originals, *twins, *strangers])
    assert all(twin is None for twin in found[:600])
    similar = [
        similarity(shingles_of(" ".join(one)), shingles_of(" ".join(other)))
        for one, other in zip(originals, twins, strict=True)
    ]
    right = sum(twin == at for at, twin in enumerate(found[600:1200]))
    assert min(similar) >= 0.9
    assert right / 600 >= 0.99
    assert sum(twin is not None for twin in found[1200:]) == 0


def test_a_full_memory_forgets_new_rows_and_still_knows_the_old_ones() -> None:
    rows = [CHANCE.choices(WORDS, k=50) for _ in range(3)]
    found, near = positions([*rows, rows[0], rows[2]], most=2)
    assert found == [None, None, None, 0, None]
    assert near.forgotten == 2


def test_short_texts_are_not_compared() -> None:
    assert shingles_of("only a few words here") == frozenset()
    assert similarity(frozenset(), frozenset()) == 0.0
