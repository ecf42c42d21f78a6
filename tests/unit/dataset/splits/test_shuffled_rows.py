"""The order of the rows decides nothing: a shuffled file gives the same splits, as sets."""

import random
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare

SPLITS = ("train", "validation", "test")
SEEDS = range(6)


def splits_of(lines: list[str], **recipe: Any) -> dict[str, set[tuple[str, str]]]:
    """Return the rows of each split, without their numbers."""
    _, sink = prepare("text,label,person\n" + "\n".join(lines), checks="basic", **recipe)
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
    caps = {"rows": {"max_test": 10, "max_validation": 5, "max_train": 50}}

    # Then
    assert splits_of(shuffled(lines, seed), **caps) == splits_of(lines, **caps)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_with_several_labels_has_one_place_in_any_order(seed: int) -> None:
    # Given persons who have written texts of several labels
    lines = [f"a text about thing number {n},label {n % 5},p{n % 23}" for n in range(230)]
    caps = {"rows": {"max_test": 30, "max_train": 90}, "split": {"group_by": "person"}}

    # Then
    assert splits_of(shuffled(lines, seed), **caps) == splits_of(lines, **caps)
