"""Extraction and several labels: how answers are read and scored."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.evaluation.scoring.labels import UNPARSED
from tunedrop.evaluation.scoring.structured import (
    field_f1,
    has_form,
    is_parsed,
    label_macro_f1,
    labels_reader,
    micro_f1,
    read_json,
)

GOLD = read_json('{"name": "Ada", "born": 1815, "works": ["notes", "letters"]}')


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ('{"b": 1, "a": [2, 3]}', '{"a":[2,3],"b":1}'),
        ('Here it is:\n```json\n{"a": "x"}\n```\nDone.', '{"a":"x"}'),
        ("{broken} [1, 2]", "[1,2]"),
        ("no JSON at all", UNPARSED),
        ('{"a": ', UNPARSED),
        ("{" * 100_000, UNPARSED),
    ],
)
def test_the_first_json_of_an_answer_is_read_in_one_spelling(answer: str, read: str) -> None:
    assert read_json(answer) == read
    assert is_parsed(read_json(answer), GOLD) == float(read != UNPARSED)


@pytest.mark.parametrize(
    ("answer", "form", "fields"),
    [
        ('{"name": "Ada", "born": 1815, "works": ["letters", "notes"]}', 1, 1.0),
        ('{"name": "Ada", "born": 1816, "works": ["notes"]}', 1, 2 * 2 / 7),
        ('{"name": "Ada", "born": "1815", "works": ["notes", "letters"]}', 0, 2 * 3 / 8),
        ('{"name": "Ada"}', 0, 2 * 1 / 5),
        ("Ada, born 1815", 0, 0.0),
    ],
    ids=["another order", "a wrong number", "a number as text", "fields missing", "no JSON"],
)
def test_fields_are_scored_by_path_type_and_value(answer: str, form: int, fields: float) -> None:
    assert has_form(read_json(answer), GOLD) == form
    assert field_f1(read_json(answer), GOLD) == pytest.approx(fields)


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ("billing, URGENT", "billing\nurgent"),
        ('["urgent", "billing"]', "billing\nurgent"),
        ("- urgent\n- billing", "billing\nurgent"),
        ("urgent; sales", "sales\nurgent"),
        ("", ""),
        ("urgent, urgent", "urgent"),
    ],
)
def test_labels_are_read_as_a_set_in_one_spelling(answer: str, labels: str) -> None:
    # Given
    read = labels_reader(["billing, urgent", "returns and refunds"])

    # Then
    assert read(answer.replace("- ", "")) == labels


def test_labels_with_and_in_their_name_stay_whole() -> None:
    # Given
    read = labels_reader(["returns and refunds"])

    # Then
    assert read("Returns and Refunds") == "returns and refunds"


def test_f1_of_several_labels_is_that_of_sklearn() -> None:
    """`f1_score(y, p, average="micro")` of sklearn is 0.6, with "macro" 0.488889."""
    # Given
    counts = Counter({("a\nb", "a"): 1, ("b", "b\nc"): 1, ("c", "a"): 1, ("a", "a"): 1})

    # Then: a 2 of 2 right, 3 given; b 1 of 2 right, 1 given; c 0 of 1 right, 1 given
    assert micro_f1(counts) == pytest.approx(2 * 3 / (5 + 5))
    assert label_macro_f1(counts) == pytest.approx((2 * 2 / 5 + 2 * 1 / 3 + 0) / 3)


def test_rows_without_labels_are_right_if_none_is_given() -> None:
    assert micro_f1({("", ""): 3}) == label_macro_f1({("", ""): 3}) == 1.0
    assert micro_f1({("", "a"): 3}) == label_macro_f1({("", "a"): 3}) == 0.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_answers_have_scores_from_0_to_1(one: str, other: str) -> None:
    # Given
    pair = read_json(one), read_json(other)

    # Then
    assert 0 <= field_f1(*pair) <= 1
    assert has_form(*pair) in {0.0, 1.0}
