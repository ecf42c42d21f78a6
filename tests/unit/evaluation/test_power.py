"""What the test rows can show is told before the training."""

import msgspec
import pytest

from tests.support.builders.evaluations import dataset_with, gated
from tunedrop.documents.dataset import Dataset, Split
from tunedrop.evaluation.power import expected_power
from tunedrop.recipe.data import RowLimits, SplitShares
from tunedrop.recipe.schema import Recipe


def dataset(usable: int, test: int, units: int | None = None, *, given: bool = False) -> Dataset:
    """Return a dataset.json whose test split has this many rows and units."""
    document = dataset_with(usable, test)
    units = test if units is None else units
    split = Split(rows=test, blake3="", units=units, given=given)
    return msgspec.structs.replace(document, splits={**document.splits, "test": split})


@pytest.mark.parametrize(("rows", "points"), [(100, 0.126), (300, 0.0728), (1000, 0.0399)])
def test_the_smallest_difference_follows_the_textbook(rows: int, points: float) -> None:
    """2.8 times 0.45 over the square root of the rows, with Student's t for few rows."""
    # When
    power = expected_power(dataset(rows * 10, rows), Recipe())

    # Then
    assert power.smallest_detectable == pytest.approx(points, rel=0.02)
    assert power.smallest_if_alike is None
    assert f"The {rows:,} test rows will show a true difference" in power.sentence


def test_groups_may_show_less_than_their_rows() -> None:
    # When
    power = expected_power(dataset(2_000, 200, 20), Recipe())

    # Then
    assert power.smallest_detectable == pytest.approx(0.09, abs=0.002)
    assert power.smallest_if_alike == pytest.approx(0.297, abs=0.002)
    assert "about 9 points (up to 30, if the rows of a group are alike)" in power.sentence


def test_too_few_rows_are_told_with_the_line_to_change() -> None:
    assert expected_power(dataset(90, 9), Recipe()).sentence == (
        "The 9 test rows are too few for a verdict, which needs 20. Write `split: {test: 0.23}` in "
        "recipe.yaml to hold out 20 of the 90 rows."
    )


def test_too_few_groups_are_told_with_the_line_to_change() -> None:
    # When
    sentence = expected_power(dataset(1_000, 100, 5), Recipe()).sentence

    # Then
    assert "only 5 independent groups; a verdict needs 10" in sentence
    assert "Write `split: {test: 0.21}`" in sentence


def test_a_file_too_small_for_a_test_asks_for_more_data() -> None:
    assert expected_power(dataset(30, 3), Recipe()).sentence.endswith(
        "Drop more data: about 200 rows in all."
    )


def test_a_dropped_test_file_is_asked_for_more_rows() -> None:
    assert expected_power(dataset(1_000, 12, given=True), Recipe()).sentence.endswith(
        "Add rows to the dropped test file until it has 20."
    )


def test_the_limit_of_test_rows_is_named_if_it_is_in_the_way() -> None:
    # Given
    recipe = Recipe(split=SplitShares(test=0.1), rows=RowLimits(max_test=500))

    # When
    sentence = expected_power(dataset(20_000, 500), recipe).sentence

    # Then
    assert "For 5 points, about 640 are needed." in sentence
    assert "Write `rows: {max_test: 640}` in recipe.yaml" in sentence


def test_a_larger_gain_needs_fewer_rows() -> None:
    # When
    sentence = expected_power(dataset(20_000, 500), gated(min_gain=0.1)).sentence

    # Then
    assert "are needed" not in sentence


def test_a_single_test_row_is_one_row() -> None:
    assert expected_power(dataset(10, 1), Recipe()).sentence.startswith(
        "The 1 test row is too few for a verdict"
    )
