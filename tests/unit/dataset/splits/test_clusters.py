"""Test rows that belong together carry the same cluster; others carry none."""

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import MemorySink, prepare

if TYPE_CHECKING:
    from tunedrop.documents.rows import Row

WORDS = ["red", "green", "blue", "white", "black", "brown", "grey", "pink", "gold", "silver"]


def sizes(sink: MemorySink) -> list[int]:
    """Return how many test rows each cluster has, the largest first."""
    counts = Counter(row.cluster for row in sink.rows("test") if row.cluster is not None)
    return sorted(counts.values(), reverse=True)


def by_customer(rows: int, customers: int) -> str:
    lines = [f"text number {n},{'ab'[n % 2]},c{n % customers}" for n in range(rows)]
    return "text,label,customer\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("system", [None, "Answer with one word."])
def test_rows_of_one_group_carry_the_number_of_its_first_test_row(system: str | None) -> None:
    # When
    document, sink = prepare(
        by_customer(200, 25), split={"group_by": "customer"}, checks="basic", system=system
    )

    # Then
    of_customer: dict[int, list[Row]] = {}
    for row in sink.rows("test"):
        of_customer.setdefault((row.row - 1) % 25, []).append(row)
    for rows in of_customer.values():
        assert {row.cluster for row in rows} == {rows[0].row}
    assert document.splits["test"].units == len(of_customer)
    assert document.splits["test"].rows == len(sink.rows("test")) > len(of_customer)


def test_prompts_with_several_answers_are_a_cluster() -> None:
    # Given 40 prompts with seven answers each, written without any other change
    lines = [f"q {n % 40} is asked here,this is the answer {n} to it" for n in range(280)]

    # When
    document, sink = prepare("question,answer\n" + "\n".join(lines), checks="basic")

    # Then
    prompts = {row.prompt[-1].content for row in sink.rows("test")}
    assert document.splits["test"].units == len(prompts)
    assert sizes(sink) == [7] * len(prompts)


def test_near_duplicates_are_a_cluster() -> None:
    # Given 60 distinct texts, each three times with another last word
    texts = [
        f"{' '.join(f'{word}{n}' for word in WORDS)} {' '.join(WORDS)} end{copy}"
        for n in range(60)
        for copy in range(3)
    ]
    content = "text,label\n" + "".join(f"{text},{'ab'[n % 2]}\n" for n, text in enumerate(texts))

    # When
    document, sink = prepare(content, split={"test": 0.2})

    # Then
    assert sizes(sink)
    assert set(sizes(sink)) == {3}
    assert document.splits["test"].units == len(sink.rows("test")) / 3


def family(name: str, copies: int) -> list[str]:
    """Return texts that differ in their last word."""
    start = " ".join(f"{word}-{name}" for word in WORDS * 2)
    return [f"{start} {number}" for number in range(copies)]


def answers(texts: list[str]) -> str:
    rows = [{"prompt": text, "completion": f"answer {n}"} for n, text in enumerate(texts)]
    return "\n".join(map(json.dumps, rows))


def test_a_family_too_large_for_one_split_is_still_a_cluster() -> None:
    # Given ten families of a tenth of the rows each
    texts = [text for name in WORDS for text in family(name, 30)]

    # When
    document, sink = prepare(answers(texts), "data.jsonl", split={"test": 0.3})

    # Then the rows of each family are in all splits, and one unit in the test
    assert any("nearly equal" in warning for warning in document.warnings)
    assert document.splits["test"].units == 10
    assert len(sink.rows("test")) == 90


def test_a_template_that_most_rows_share_is_no_cluster() -> None:
    # When
    document, sink = prepare(answers(family("one", 100)), "data.jsonl", split={"test": 0.3})

    # Then
    assert sizes(sink) == []
    assert document.splits["test"].units == 30


def test_rows_that_stand_alone_carry_no_cluster() -> None:
    # When
    document, sink = prepare(table(100))

    # Then
    assert b"cluster" not in sink.files["test.jsonl"]
    assert document.splits["test"].units == 10
    assert document.splits["train"].units is None


def test_only_the_test_file_names_clusters() -> None:
    # When
    _, sink = prepare(by_customer(200, 25), split={"group_by": "customer"})

    # Then
    assert b'"cluster":' in sink.files["test.jsonl"]
    assert b"cluster" not in sink.files["train.jsonl"] + sink.files["validation.jsonl"]


def test_splits_that_the_drop_names_are_marked_as_given() -> None:
    # Given
    rows = [{"question": f"what is {n}?", "answer": f"it is the number {n}"} for n in range(40)]
    text = json.dumps({"train": rows[:30], "test": rows[30:]})

    # When
    document, _ = prepare(text, "data.json")

    # Then
    assert {name: split.given for name, split in document.splits.items()} == {
        "train": True,
        "validation": False,
        "test": True,
    }
