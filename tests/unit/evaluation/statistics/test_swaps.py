"""The swap test of metrics of all rows together."""

from itertools import product

import pytest

from tunedrop.evaluation.scoring.f1 import macro_f1
from tunedrop.evaluation.statistics.swaps import Cell, swap_p
from tunedrop.evaluation.statistics.units import units_of

CELLS: list[Cell] = [("a", "b", "a"), ("b", "b", "b"), ("b", "a", "b"), ("a", "a", "b")] * 2
CELLS += [("a", "b", "a")] * 2


def gap(cells: list[Cell]) -> float:
    """Return the tuned model's macro-F1 less the rival's."""
    counts: list[dict[tuple[str, str], float]] = [{}, {}]
    for gold, *answers in cells:
        for model, answer in zip(counts, answers, strict=True):
            model[gold, answer] = model.get((gold, answer), 0) + 1
    return macro_f1(counts[1]) - macro_f1(counts[0])


def test_the_p_value_is_that_of_all_swaps() -> None:
    # Given every way to swap the answers to ten rows
    observed = abs(gap(CELLS)) - 1e-9
    far = []
    for swaps in product((False, True), repeat=len(CELLS)):
        pairs = zip(swaps, CELLS, strict=True)
        swapped = [(gold, b, a) if swap else (gold, a, b) for swap, (gold, a, b) in pairs]
        far.append(abs(gap(swapped)) >= observed)

    # Then
    exact = sum(far) / len(far)
    assert swap_p(CELLS, units_of(range(10)), macro_f1) == pytest.approx(exact, abs=0.035)


def test_a_better_model_in_many_rows_has_the_smallest_p_value() -> None:
    # Given
    better: list[Cell] = [("a", "b", "a"), ("b", "a", "b")] * 10

    # Then
    assert swap_p(better, units_of(range(20)), macro_f1) == pytest.approx(1 / 2001)


def test_groups_are_swapped_as_a_whole() -> None:
    # Given the same rows in four groups: 2 of 16 swaps are as far apart
    better: list[Cell] = [("a", "b", "a"), ("b", "a", "b")] * 10

    # Then
    assert swap_p(better, units_of([row // 5 for row in range(20)]), macro_f1) > 0.05


def test_equal_answers_have_the_p_value_one() -> None:
    assert swap_p([("a", "a", "a"), ("b", "a", "a")] * 5, units_of(range(10)), macro_f1) == 1.0
