"""Several answers to each row: one unit a row, their spread, and pass^k."""

import pytest

from tests.support.builders.evaluations import SENTIMENTS, answers_of, dataset_of, rows_of
from tunedrop.documents.judgement import Judgement
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.repeats import pass_k, repeat_of, repeated
from tunedrop.recipe.schema import Evaluate, Generation, Recipe

TIMES = 3
RECIPE = Recipe(evaluate=Evaluate(repeats=TIMES), generation=Generation(temperature=0.7))
GOLDS = ["positive"] * 40


def judged(right: list[int], golds: list[str] = GOLDS) -> Judgement:
    """Judge a tuned model with so many right answers of three to each row; the base has none."""
    tuned = [
        gold if answer < number else "neutral"
        for gold, number in zip(golds, right, strict=True)
        for answer in range(TIMES)
    ]
    rows = repeated(rows_of(golds), TIMES)
    answers = answers_of(["neutral"] * len(tuned), tuned)
    return judge(dataset_of("classification", SENTIMENTS), rows, answers, RECIPE)


def test_each_row_is_repeated_in_place_with_its_number() -> None:
    rows = repeated(rows_of(["a", "b"]), 3)

    assert [(row.row, repeat_of(row)) for row in rows] == [
        (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)
    ]  # fmt: skip


def test_rows_that_are_asked_once_are_left_as_they_are() -> None:
    rows = rows_of(["a", "b"])

    assert repeated(rows, 1) == rows


def test_repeated_answers_are_one_observation_a_row() -> None:
    # Given 40 rows, of which the tuned model always answers 20 right and 20 never
    found = judged([3] * 20 + [0] * 20)
    alone = judge(
        dataset_of("classification", SENTIMENTS),
        rows_of(GOLDS),
        answers_of(["neutral"] * 40, ["positive"] * 20 + ["neutral"] * 20),
        Recipe(),
    )

    # Then rows, wins and ties are counted, not answers, and the interval is no narrower
    first, once = found.comparisons[0], alone.comparisons[0]
    assert (first.difference.n, first.units) == (40, 40)
    assert (first.wins, first.losses, first.ties) == (20, 0, 20)
    assert first.difference.value == once.difference.value == 0.5
    widths = [each.difference.high - each.difference.low for each in (first, once)]
    assert widths[0] > 0.8 * widths[1]
    assert "40 held-out rows" in found.headline


def test_few_rows_do_not_become_many_by_repeating_them() -> None:
    # Given 15 rows with three answers each
    found = judged([3] * 15, ["positive"] * 15)

    # Then there is no verdict
    assert found.verdict == "too_small_to_tell"
    assert "5 more test rows are needed" in " ".join(found.sentences)


def test_spread_and_pass_k_are_told() -> None:
    # Given rows with three, two and no right answers
    found = judged([3] * 10 + [2] * 20 + [0] * 10)

    # Then the first and second answers are right on 30 rows, the third on 10
    assert found.repeats
    tuned = found.repeats.tuned
    assert tuned.values == pytest.approx([0.75, 0.75, 0.25])
    assert tuned.standard_deviation == pytest.approx(0.2887, abs=1e-4)
    assert tuned.passes == pytest.approx([70 / 120, (10 + 20 / 3) / 40, 0.25])
    told = " ".join(found.sentences)
    assert "answered 3 times at temperature 0.7" in told
    assert "between 25.0% and 75.0%" in told
    assert "All 3 answers to a row are right on 25.0% of the rows with the tuned model" in told


def test_without_repeats_nothing_is_told_of_them() -> None:
    found = judge(
        dataset_of("classification", SENTIMENTS),
        rows_of(GOLDS),
        answers_of(GOLDS, GOLDS),
        Recipe(),
    )

    assert found.repeats is None
    assert "times at temperature" not in " ".join(found.sentences)


@pytest.mark.parametrize(
    ("right", "k", "expected"),
    [([3], 3, 1.0), ([2], 3, 0.0), ([2], 2, 1 / 3), ([2], 1, 2 / 3), ([3, 0], 2, 0.5)],
)
def test_pass_k_is_the_chance_that_k_answers_are_right(
    right: list[int], k: int, expected: float
) -> None:
    assert pass_k(right, 3, k) == pytest.approx(expected)


def test_a_shown_row_is_shown_once() -> None:
    # Given a single row that the tuned model wins with all three answers
    found = judged([3] + [0] * 39)

    # Then
    assert [sample.row for sample in found.wins] == [1]
