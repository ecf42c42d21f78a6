"""The order of the rows decides nothing: a shuffled file gives the same splits, as sets."""

import random
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare

SPLITS = ("train", "validation", "test")
SEEDS = range(6)


def splits_of(
    lines: list[str], header: str = "text,label,person", **recipe: Any
) -> dict[str, set[tuple[str, str]]]:
    """Return the rows of each split, without their numbers."""
    _, sink = prepare("\n".join([header, *lines]), **{"checks": "basic", **recipe})
    return {
        name: {(row.prompt[-1].content, row.answer) for row in sink.rows(name)} for name in SPLITS
    }


def shuffled(lines: list[str], seed: int) -> list[str]:
    again = [*lines]
    random.Random(seed).shuffle(again)  # noqa: S311 - the same on every run
    return again


@pytest.mark.parametrize("seed", SEEDS)
def test_equally_frequent_labels_share_a_split_in_any_order(seed: int) -> None:
    # Given labels with the same claim to the rows of a small test split
    lines = [f"a text about thing number {n},label {n % 7},p{n}" for n in range(140)]
    caps: dict[str, Any] = {"rows": {"max_test": 10, "max_validation": 5, "max_train": 50}}

    # Then
    assert splits_of(shuffled(lines, seed), **caps) == splits_of(lines, **caps)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_with_several_labels_has_one_place_in_any_order(seed: int) -> None:
    # Given persons who have written texts of several labels
    lines = [f"a text about thing number {n},label {n % 5},p{n % 23}" for n in range(230)]
    caps: dict[str, Any] = {
        "rows": {"max_test": 30, "max_train": 90},
        "split": {"group_by": "person"},
    }

    # Then
    assert splits_of(shuffled(lines, seed), **caps) == splits_of(lines, **caps)


def long_text(number: int) -> str:
    """Return a text that is long enough to have near duplicates, and like no other one."""
    return " ".join(f"word{number}x{at}" for at in range(14))


@pytest.mark.parametrize("answer", ["label", "answer"])
def test_near_duplicates_and_conflicts_are_alike_in_any_order(answer: str) -> None:
    # Given families of near duplicates, prompts with two answers, and rows that come twice
    lines = []
    for number in range(150):
        texts = [long_text(number), *(f"{long_text(number)} more{n}" for n in range(number % 3))]
        lines += [f"{text},kind {number % 4}" for text in texts]
        lines += [f"{texts[0]},kind {(number + 1) % 4}"] if number % 9 == 0 else []
        lines += [f"{texts[0]},kind {number % 4}"] if number % 6 == 0 else []
    if answer == "answer":  # Too many answers for labels.
        lines = [f"{line} of {line[:8]}" for line in lines]
    caps: dict[str, Any] = {"rows": {"max_test": 20, "max_train": 90}, "checks": "full"}
    header = f"question,{answer}"

    # When
    first = splits_of(lines, header, **caps)
    others = [splits_of(shuffled(lines, seed), header, **caps) for seed in range(3)]

    # Then
    assert others == [first] * 3
    assert len(first["train"]) + len(first["test"]) >= 100
