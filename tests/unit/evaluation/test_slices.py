"""Parts of the test rows: the least gain first, with intervals that hold together."""

import pytest

from tests.support.builders.evaluations import (
    answers_of,
    dataset_of,
    judge_labels,
    judge_texts,
    row,
    the_tweets,
)
from tests.support.builders.reports import report_of
from tunedrop.documents.dataset import GroupColumn
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.slices import FEWEST_ROWS, MOST_LABELS
from tunedrop.evaluation.statistics.intervals import tango
from tunedrop.recipe.schema import Recipe
from tunedrop.report.page import render_page


def test_each_common_label_is_a_slice_and_the_worst_comes_first() -> None:
    # Given 60 rows of a label that the training taught and 40 of one that it spoilt
    golds = ["positive"] * 60 + ["negative"] * 40 + ["neutral"] * 5
    base = ["neutral"] * 60 + ["negative"] * 40 + ["neutral"] * 5
    tuned = ["positive"] * 60 + ["negative"] * 10 + ["positive"] * 35

    # When
    slices = [each for each in judge_labels(golds, base, tuned).slices if each.kind == "label"]

    # Then the rare label is left out
    assert [(each.name, each.rows, each.base, each.tuned) for each in slices] == [
        ("negative", 40, 1.0, 0.25),
        ("positive", 60, 0.0, 1.0),
    ]
    assert [each.gain for each in slices] == [-0.75, 1.0]
    assert {each.metric for each in slices} == {"accuracy"}


def test_intervals_are_corrected_for_the_number_of_slices() -> None:
    # Given two labels of 40 rows; the tuned model wins 20 rows of the first and loses 5
    golds = ["positive"] * 40 + ["negative"] * 40
    base = ["negative"] * 20 + ["positive"] * 20 + ["negative"] * 40
    tuned = ["positive"] * 35 + ["negative"] * 5 + ["negative"] * 40

    # When
    slices = judge_labels(golds, base, tuned).slices
    first = next(each for each in slices if each.name == "positive")

    # Then the interval is that of a confidence of 1 - 0.05 / number
    assert [each.kind for each in slices].count("label") == 2
    assert (first.low, first.high) == tango(20, 5, 40, 1 - 0.05 / len(slices))
    assert first.low < tango(20, 5, 40, 0.95)[0]


def test_prompts_are_sliced_by_length_where_their_lengths_differ() -> None:
    # Given a tuned model that fails on long prompts
    rows = [row(n, "word " * n, "yes") for n in range(1, 91)]
    base = ["no"] * 90
    tuned = ["yes"] * 60 + ["no"] * 30

    # When
    judged = judge(dataset_of("generation"), rows, answers_of(base, tuned), Recipe())

    # Then
    assert [each.name for each in judged.slices] == [
        "long prompts: 305 to 450 characters",
        "short prompts: 5 to 150 characters",
        "medium prompts: 155 to 300 characters",
    ]
    assert [each.gain for each in judged.slices] == [0.0, 1.0, 1.0]


def test_prompts_of_about_the_same_length_are_not_sliced() -> None:
    # Given
    rows = [row(n, "word " * (20 + n % 5), "yes") for n in range(1, 91)]
    same = ["yes"] * 90

    # Then
    assert judge(dataset_of("generation"), rows, answers_of(same, same), Recipe()).slices == []


@pytest.mark.parametrize("rows", [1, FEWEST_ROWS, FEWEST_ROWS * 3 - 1])
def test_few_rows_have_no_slices_by_length(rows: int) -> None:
    assert judge_texts(["a"] * rows, ["b"] * rows, ["a"] * rows).slices == []


def test_only_the_commonest_labels_are_slices() -> None:
    # Given 20 labels with enough rows each
    golds = [f"label {n % 20}" for n in range(20 * FEWEST_ROWS)]

    # When
    slices = judge_labels(golds, golds, golds).slices

    # Then
    assert sum(each.kind == "label" for each in slices) == MOST_LABELS


def test_the_page_shows_the_slices_in_their_order() -> None:
    # Given
    golds, base, tuned = the_tweets()
    judged = judge_labels(golds, base, tuned)

    # When
    page = render_page(report_of(judged))

    # Then
    part = page.partition("Where the gain is smallest")[2].partition("</table>")[0]
    places = [part.index(f"label “{each.name}”") for each in judged.slices if each.kind == "label"]
    assert places == sorted(places)
    assert len(places) >= 2


def test_prompts_in_several_languages_are_sliced_by_language() -> None:
    # Given a tuned model that fails in German
    english, german = "what is the name of it and {}?", "wie ist der Name von {} und nicht das?"
    texts = [(english if n % 2 else german).format(n) for n in range(80)]
    rows = [row(n, text, "yes") for n, text in enumerate(texts, start=1)]
    tuned = ["yes" if n % 2 else "no" for n in range(80)]

    # When
    judged = judge(dataset_of("generation"), rows, answers_of(["no"] * 80, tuned), Recipe())

    # Then
    slices = [(each.name, each.gain) for each in judged.slices if each.kind == "language"]
    assert slices == [("German", 0.0), ("English", 1.0)]


def test_groups_of_the_recipe_are_sliced_with_their_rows_as_units() -> None:
    # Given three groups of 30 rows, of which the tuned model fails on the second
    rows = [row(n, f"question {n}", "yes") for n in range(1, 91)]
    for at, each in enumerate(rows):
        each.cluster = 1 + at // 30 * 30
    tuned = ["no" if 30 <= n < 60 else "yes" for n in range(90)]
    answers = answers_of(["no"] * 90, tuned)
    grouped = dataset_of("generation")
    grouped.columns.group = GroupColumn("customer")

    # When
    judged = judge(grouped, rows, answers, Recipe())

    # Then each is a part, with an interval of 30 independent rows
    groups = {each.name: each for each in judged.slices if each.kind == "group"}
    assert {name: each.gain for name, each in groups.items()} == {
        "rows that belong to row 1": 1.0,
        "rows that belong to row 31": 0.0,
        "rows that belong to row 61": 1.0,
    }
    assert groups["rows that belong to row 1"].low > 0.5
    assert not judge(dataset_of("generation"), rows, answers, Recipe()).slices
