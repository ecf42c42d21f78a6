"""A label is read from an answer in any wording that names exactly one label."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.evaluation.scoring.labels import UNPARSED, label_reader

SENTIMENTS = ["negative", "neutral", "positive"]


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("negative", "negative"),
        ("  Negative.\n", "negative"),
        ("**NEGATIVE**", "negative"),
        ("“neutral”", "neutral"),
        ("The sentiment is: Positive!", "positive"),
        ("positive\n\npositive\n\npositive", "positive"),
        ("\uff50\uff4f\uff53\uff49\uff54\uff49\uff56\uff45", "positive"),  # full width
    ],
)
def test_the_only_label_in_an_answer_is_read(answer: str, label: str) -> None:
    assert label_reader(SENTIMENTS)(answer) == label


@pytest.mark.parametrize(
    "answer",
    ["", "   ", "positive or negative", "I cannot tell.", "positively", "non_negative", "…"],
)
def test_an_answer_with_no_label_or_several_is_unparsed(answer: str) -> None:
    assert label_reader(SENTIMENTS)(answer) == UNPARSED


def test_a_label_inside_a_longer_one_does_not_count() -> None:
    # Given
    read = label_reader(["spam", "not spam"])

    # Then
    assert read("This is not spam.") == "not spam"
    assert read("This is spam.") == "spam"
    assert read("spam, or not spam?") == UNPARSED
    assert label_reader(["credit", "credit card"])("It is a credit card.") == "credit card"


def test_labels_that_differ_only_in_case_need_the_exact_answer() -> None:
    # Given
    read = label_reader(["US", "us"])

    # Then
    assert read("US") == "US"
    assert read("us") == "us"
    assert read("Us") == UNPARSED


@pytest.mark.parametrize("label", ["C++", "1.0", "billing (card)", "naïve", "🙂", "-1"])
def test_labels_with_marks_and_signs_are_found_in_a_sentence(label: str) -> None:
    # Given
    read = label_reader([label, "other"])

    # Then
    assert read(label) == label
    assert read(f"The answer is {label}, surely.") == label


def test_labels_of_a_script_without_spaces_are_found_in_a_sentence() -> None:
    assert label_reader(["正面", "负面"])("答案是正面的。") == "正面"


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.text())
def test_any_answer_is_read_as_a_label_or_as_unparsed(labels: list[str], said: str) -> None:
    # Given
    read = label_reader(labels)

    # Then
    assert read(said) in {*(label.strip() for label in labels), UNPARSED}


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, unique_by=str.strip))
def test_every_label_is_read_as_itself(labels: list[str]) -> None:
    # Given
    read = label_reader(labels)

    # Then
    assert all(read(f" {label} ") == label.strip() for label in labels)
