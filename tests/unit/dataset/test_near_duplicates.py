"""Planted twins are found, strangers are not."""

import random

import msgspec
import rensa

from tunedrop.dataset.duplicates.near import NearDuplicates, shingles_of, similarity
from tunedrop.documents.rows import AnyRow, Message

CHANCE = random.Random(11)  # noqa: S311 - planted data, the same on every run
WORDS = [f"word{n}" for n in range(3_000)]


def row(words: list[str]) -> AnyRow:
    return AnyRow([Message("user", " ".join(words))], [Message("assistant", "label")])


def positions(rows: list[list[str]], most: int = 10_000) -> tuple[list[list[int]], NearDuplicates]:
    """Return for each row the positions of its twins, and the search itself."""
    lines = [msgspec.json.encode(row(words)) for words in rows]
    near = NearDuplicates(rensa, lines.__getitem__, most)
    return [near.duplicates_of(at, row(words)) for at, words in enumerate(rows)], near


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
    assert found[:600] == [[]] * 600
    similar = [
        similarity(shingles_of(" ".join(one)), shingles_of(" ".join(other)))
        for one, other in zip(originals, twins, strict=True)
    ]
    right = sum(twins == [at] for at, twins in enumerate(found[600:1200]))
    assert min(similar) >= 0.9
    assert right / 600 >= 0.99
    assert found[1200:] == [[]] * 600


def test_a_full_memory_forgets_new_rows_and_still_knows_the_old_ones() -> None:
    rows = [CHANCE.choices(WORDS, k=50) for _ in range(3)]
    found, near = positions([*rows, rows[0], rows[2]], most=2)
    assert found == [[], [], [], [0], []]
    assert near.not_indexed == 2


def test_short_texts_are_not_compared() -> None:
    assert shingles_of("only a few words here") == frozenset()
    assert similarity(frozenset(), frozenset()) == 0.0


def test_a_row_is_linked_to_all_it_resembles_also_by_way_of_one_that_was_forgotten() -> None:
    words = CHANCE.choices(WORDS, k=200)
    # Given a row, one all but the same, and one that resembles the second more than the first
    second = planted(words, 0.97)
    third = planted(second, 0.91)
    found, _ = positions([words, second, third])
    assert found == [[], [0], [0]]
    # And two rows that are less alike, and one between them
    left = [f"left{n}" for n in range(100)] + words
    right = [f"left{n}" for n in range(100)] + words[:-60] + [f"right{n}" for n in range(60)]
    between = [f"left{n}" for n in range(100)] + words[:-30] + [f"right{n}" for n in range(30)]
    found, _ = positions([left, right, between])
    assert found == [[], [], [0, 1]]
