"""The tuned model beside that of the run before, on the rows that both runs have."""

from collections.abc import Sequence

import msgspec
import pytest

from tests.support.builders.evaluations import SENTIMENTS, answers_of, dataset_of, rows_of
from tunedrop.documents.judgement import Since
from tunedrop.documents.rows import Row
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.since import EarlierAnswers
from tunedrop.recipe.schema import Recipe

GOLDS = [SENTIMENTS[number % 3] for number in range(60)]
ROWS = rows_of(GOLDS)


def compared(earlier_rows: Sequence[Row], earlier: Sequence[str]) -> Since:
    """Return how a tuned model that is always right compares with the earlier answers."""
    judgement = judge(
        dataset_of("classification", SENTIMENTS),
        ROWS,
        answers_of(["neutral"] * len(ROWS), GOLDS),
        Recipe(),
        earlier=EarlierAnswers("0123456789ab", earlier_rows, earlier),
    )
    assert judgement.since
    return judgement.since


def test_common_rows_are_found_in_any_order_and_under_any_number() -> None:
    # Given an earlier run with half of the rows, turned round, with other numbers
    half = [msgspec.structs.replace(row, row=row.row + 1_000) for row in reversed(ROWS[:30])]
    wrong = ["neutral" if row.answer != "neutral" else "positive" for row in half]

    # When
    found = compared(half, wrong)

    # Then these rows are compared with their own answers
    assert found.comparison
    gap = found.comparison.difference
    assert (gap.n, gap.value, found.comparison.wins, found.comparison.losses) == (30, 1.0, 30, 0)
    assert found.run == "0123456789ab"
    assert "On the 30 test rows that both runs have" in found.sentence
    assert "unlikely by chance alone" in found.sentence


def test_the_same_answers_as_before_are_no_difference() -> None:
    found = compared(ROWS, GOLDS)

    assert found.comparison
    assert found.comparison.difference.value == 0.0
    assert "possible by chance alone" in found.sentence


def test_a_row_with_another_right_answer_is_not_common() -> None:
    # Given an earlier run in which the labels of all rows but 19 were others
    moved = rows_of([*GOLDS[:19], *(SENTIMENTS[(n + 1) % 3] for n in range(19, 60))])

    # When
    found = compared(moved, GOLDS)

    # Then only these are compared, and they are too few for a verdict
    assert found.comparison
    assert found.comparison.difference.n == 19
    assert "too few rows to tell" in found.sentence


@pytest.mark.parametrize("rows", [[], rows_of(["positive"] * 3)[2:]], ids=["none", "another"])
def test_runs_without_a_common_row_are_not_compared(rows: list[Row]) -> None:
    rows = [msgspec.structs.replace(row, prompt=[]) for row in rows]

    found = compared(rows, ["positive"] * len(rows))

    assert found.comparison is None
    assert "no test row in common" in found.sentence
