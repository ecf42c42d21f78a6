"""Splits are stratified and deterministic, and no two of them share a row."""

import json
import random

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tunedrop.dataset.splits.cuts import apportion


def test_every_split_has_the_labels_in_the_same_proportion() -> None:
    # When
    document, _ = prepare(table(300, ("good", "good", "bad")))

    # Then
    assert document.splits["test"].labels == {"bad": 10, "good": 20}
    assert document.splits["validation"].labels == {"bad": 10, "good": 20}
    assert document.splits["train"].labels == {"bad": 80, "good": 160}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    # Given
    first, again = prepare(table(100)), prepare(table(100))

    # When
    other = prepare(table(100), split={"seed": 18})

    # Then
    assert first[1].files == again[1].files
    assert first[0] == again[0]
    assert first[1].files["test.jsonl"] != other[1].files["test.jsonl"]


def test_the_order_of_the_rows_does_not_change_the_test_split() -> None:
    # Given
    header, *lines = table(100).splitlines()
    random.Random(3).shuffle(lines)  # noqa: S311 - not a secret

    # When
    texts = [
        {row.prompt[-1].content for row in sink.rows("test")}
        for _, sink in (prepare(table(100)), prepare("\n".join([header, *lines])))
    ]

    # Then
    assert texts[0] == texts[1]


def test_a_row_repeated_with_other_spaces_and_letter_case_is_counted_once() -> None:
    # Given
    text = table(20) + "This  is\tsentence NUMBER 3 ,bad\n"

    # When
    document, sink = prepare(text)

    # Then
    assert document.rows.duplicates == 1
    assert [place.line for place in document.findings[0].places] == [22]
    assert len(sink.all_rows()) == 20


def test_the_same_prompt_with_several_answers_stays_in_one_split() -> None:
    # Given
    answers = [f"q {n % 40} is asked here,this is the answer {n} to it" for n in range(280)]

    # When
    _, sink = prepare("question,answer\n" + "\n".join(answers))

    # Then
    sides = [
        {row.prompt[-1].content for row in sink.rows(split)}
        for split in ("train", "validation", "test")
    ]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 40


def test_a_text_with_two_labels_keeps_the_more_frequent_one() -> None:
    # Given
    extra = "twice good,good\ntwice good,good\ntwice good,bad\n"
    extra += "undecided text,good\nundecided text,bad\n"

    # When
    document, sink = prepare(table(40) + extra)

    # Then
    kept = {row.prompt[-1].content: row.answer for row in sink.all_rows()}
    assert kept["twice good"] == "good"
    assert "undecided text" not in kept
    assert document.rejected_reasons == {"conflicting_label": 3}
    assert [rejected.line for rejected in sink.rejected] == [44, 45, 46]


def test_rows_over_the_limit_are_counted_as_not_sampled() -> None:
    # When
    document, _ = prepare(table(100), rows={"max_train": 20, "max_test": 4, "max_validation": 6})

    # Then
    rows = document.rows
    assert (rows.train, rows.test, rows.validation, rows.not_sampled) == (20, 4, 6, 70)


def test_shares_are_apportioned_by_largest_remainder() -> None:
    assert apportion([70, 20, 10], 10) == [7, 2, 1]
    assert apportion([5, 5, 5], 4) == [2, 1, 1]
    assert apportion([1, 1, 8], 3) == [0, 0, 3]
    assert apportion([], 3) == []


def test_rows_of_one_group_stay_in_one_split() -> None:
    # Given
    text = "text,label,customer\n"
    text += "".join(f"text number {n},{'ab'[n % 2]},c{n % 25}\n" for n in range(200))

    # When
    document, sink = prepare(text, split={"group_by": "customer"})

    # Then
    customers = [
        {f"c{(row.row - 1) % 25}" for row in sink.rows(split)}
        for split in ("train", "validation", "test")
    ]
    assert sum(map(len, customers)) == 25
    assert all(customers)
    assert document.rows.test in range(8, 25)


def test_a_prompt_of_a_given_test_split_is_not_trained_on() -> None:
    # Given
    rows = [{"question": f"what is {n}?", "answer": f"it is the number {n}"} for n in range(40)]
    other = {"question": "What is 3?", "answer": "a prime, and an odd one"}
    text = json.dumps({"train": rows, "test": [other, *({**other, "question": q} for q in "xyz")]})

    # When
    document, sink = prepare(text, "data.json")

    # Then
    assert (document.rows.duplicates, document.rows.test) == (1, 4)
    assert "what is 3?" not in {row.prompt[-1].content for row in sink.rows("train")}
    assert ("leakage", 1) in [(finding.check, finding.rows) for finding in document.findings]


def test_leaked_rows_of_given_splits_are_kept_if_the_recipe_says_so() -> None:
    # Given
    rows = [{"text": f"text {n} of them", "label": "ab"[n % 2]} for n in range(40)]
    leaked = {"text": "text 3 of them", "label": "b"}
    text = json.dumps(
        {"train": rows, "test": [leaked, *({**leaked, "text": f"t {n}"} for n in "xyz")]}
    )

    # When
    removed, kept = (
        prepare(text, "data.json", split={"leakage": leakage})[0].rows
        for leakage in ("remove", "keep")
    )

    # Then
    assert (removed.duplicates, removed.test) == (1, 4)
    assert (kept.duplicates, kept.test) == (0, 4)
