"""Near duplicates that the test makes are found, and unrelated rows are not."""

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
    """Return for each row the positions of its near duplicates, and the search itself."""
    lines = [msgspec.json.encode(row(words)) for words in rows]
    near = NearDuplicates(rensa, lines.__getitem__, most)
    return [near.duplicates_of(at, row(words)) for at, words in enumerate(rows)], near


def planted(words: list[str], similar: float) -> list[str]:
    """Return the words with some of them replaced so that the texts have this similarity."""
    shingles = len(words) - 2
    changed = round(shingles * (1 - similar) / (1 + similar)) - 2
    start = CHANCE.randrange(len(words) - changed)
    return [*words[:start], *(f"new{n}" for n in range(changed)), *words[start + changed :]]


def test_near_duplicates_are_found_and_other_rows_are_not_linked() -> None:
    # Given
    originals = [CHANCE.choices(WORDS, k=CHANCE.randint(80, 300)) for _ in range(600)]
    similar_rows = [planted(words, 0.92) for words in originals]
    unrelated = [planted(words, 0.45) for words in originals]

    # When
    found, _ = positions([*originals, *similar_rows, *unrelated])

    # Then
    assert found[:600] == [[]] * 600
    similar = [
        similarity(shingles_of(" ".join(one)), shingles_of(" ".join(other)))
        for one, other in zip(originals, similar_rows, strict=True)
    ]
    right = sum(linked == [at] for at, linked in enumerate(found[600:1200]))
    assert min(similar) >= 0.9
    assert right / 600 >= 0.99
    assert found[1200:] == [[]] * 600


def test_a_full_index_ignores_new_rows_and_still_finds_indexed_ones() -> None:
    # Given
    rows = [CHANCE.choices(WORDS, k=50) for _ in range(3)]

    # When
    found, near = positions([*rows, rows[0], rows[2]], most=2)

    # Then
    assert found == [[], [], [], [0], []]
    assert near.not_indexed == 2


def test_short_texts_are_not_compared() -> None:
    assert shingles_of("only a few words here") == frozenset()
    assert similarity(frozenset(), frozenset()) == 0.0


def test_a_row_is_linked_to_all_similar_rows_also_through_unindexed_ones() -> None:
    # Given a row, one nearly equal to it, and one that resembles the second more than the first
    words = CHANCE.choices(WORDS, k=200)
    second = planted(words, 0.97)
    third = planted(second, 0.91)

    # When
    found, _ = positions([words, second, third])

    # Then
    assert found == [[], [0], [0]]

    # Given two rows that are less similar, and one between them
    left = [f"left{n}" for n in range(100)] + words
    right = [f"left{n}" for n in range(100)] + words[:-60] + [f"right{n}" for n in range(60)]
    between = [f"left{n}" for n in range(100)] + words[:-30] + [f"right{n}" for n in range(30)]

    # When
    found, _ = positions([left, right, between])

    # Then
    assert found == [[], [], [0, 1]]


def test_texts_without_spaces_are_compared_by_their_characters() -> None:
    # Given
    text = "这家店的服务态度非常好下次还会再来环境安静适合朋友聚会老板很热情还送了水果价格也不算贵"
    changed = text.replace("朋友", "家人")
    other = "等了一个小时才上菜而且汤是凉的桌子没有擦干净服务员也不理人价格太贵了不值得再去第二次"

    # When
    found, _ = positions([[text], [changed], [other]])

    # Then
    assert similarity(shingles_of(text), shingles_of(changed)) >= 0.7
    assert found[2] == []
    assert shingles_of("很好") == frozenset()


def test_a_longer_text_without_spaces_has_its_near_duplicate_found() -> None:
    # Given
    characters = [chr(0x4E00 + CHANCE.randrange(3_000)) for _ in range(400)]
    text = "".join(characters)
    changed = "".join([*characters[:200], "的", *characters[201:]])

    # When
    found, _ = positions([[text], [changed]])

    # Then
    assert found == [[], [0]]
