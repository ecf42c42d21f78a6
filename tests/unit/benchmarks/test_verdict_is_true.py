"""Simulated pairs of equally good models: the verdict is seldom "better" or "worse".

A short version of benchmarks/verdicts.py. The seeds are fixed.
"""

import pytest

from benchmarks.simulated_models import Cell, simulate


@pytest.mark.parametrize(
    ("cell", "runs", "most"),
    [
        (Cell("accuracy", 200, None, "low"), 1_000, 0.06),
        (Cell("accuracy", 200, 20, "low"), 120, 0.1),
        (Cell("accuracy", 50, 10, "high"), 120, 0.1),
        (Cell("accuracy", 200, 20, "low", "unequal"), 120, 0.1),
        (Cell("token_f1", 200, 20, "low"), 60, 0.12),
        (Cell("macro_f1", 200, 20, "low"), 60, 0.12),
        (Cell("macro_f1", 50, None, "low"), 300, 0.075),
    ],
    ids=str,
)
def test_equally_good_models_are_seldom_told_apart(cell: Cell, runs: int, most: float) -> None:
    # When
    found = simulate(cell, gain=0.0, seed=1, runs=runs)

    # Then
    false = found["better"] + found["worse"]
    assert false <= most * runs
    assert found["covered"] == runs - false  # The interval and the verdict tell one story.


def test_a_gain_of_ten_points_is_found_in_independent_rows() -> None:
    # When
    found = simulate(Cell("accuracy", 1_000, None, "high"), gain=0.1, seed=1, runs=100)

    # Then
    assert found["better"] >= 95
    assert found["covered"] >= 90
