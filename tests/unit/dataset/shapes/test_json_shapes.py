"""JSON Lines and JSON arrays in the common row shapes."""

import json
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare


def lines(rows: list[Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def chat(number: int) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": f"What is {number}?"},
            {"role": "assistant", "content": f"It is the number {number}."},
        ]
    }


def test_messages_keep_their_system_prompt() -> None:
    # When
    document, sink = prepare(lines([chat(n) for n in range(20)]), "chat.jsonl")

    # Then
    row = sink.all_rows()[3]
    assert (document.task, document.columns.shape) == ("generation", "messages")
    assert [message.content for message in row.prompt] == ["Be brief.", "What is 3?"]
    assert row.answer == "It is the number 3."


@pytest.mark.parametrize(
    ("row", "prompt", "shape"),
    [
        ({"prompt": "q {n}", "completion": "a {n}"}, "q 7", "prompt_completion"),
        ({"Question": "q {n}", "Answer": "a {n}"}, "q 7", "prompt_completion"),
        ({"input": "q {n}", "output": "a {n}"}, "q 7", "prompt_completion"),
        ({"instruction": "do {n}", "input": "", "output": "a {n}"}, "do 7", "alpaca"),
        ({"instruction": "do {n}", "input": "x", "output": "a {n}"}, "do 7\n\nx", "alpaca"),
    ],
)
def test_pairs_are_recognised_by_their_column_names(
    row: dict[str, str], prompt: str, shape: str
) -> None:
    # Given
    rows = [{k: v.replace("{n}", str(n)) for k, v in row.items()} for n in range(20)]

    # When
    document, sink = prepare(lines(rows), "pairs.jsonl")

    # Then
    assert document.columns.shape == shape
    assert (sink.all_rows()[7].prompt[-1].content, sink.all_rows()[7].answer) == (prompt, "a 7")


def test_trl_prompts_may_be_lists_of_messages() -> None:
    # Given
    rows = [
        {
            "prompt": [{"role": "user", "content": f"q {n}"}],
            "completion": [{"role": "assistant", "content": f"a {n}"}],
        }
        for n in range(20)
    ]

    # Then
    assert prepare(lines(rows), "trl.jsonl")[1].all_rows()[7].answer == "a 7"


def test_few_short_answers_are_labels_whatever_the_shape() -> None:
    # Given
    rows = [{"prompt": f"is {n} even?", "completion": ["yes", "no"][n % 2]} for n in range(40)]

    # Then
    assert prepare(lines(rows), "yes.jsonl")[0].task == "classification"
    assert prepare(lines(rows), "yes.jsonl", task="generation")[0].task == "generation"


def test_numbers_and_booleans_are_labels_too() -> None:
    # Given
    rows = [{"text": f"text number {n}", "label": [0, 1.0, True][n % 3]} for n in range(60)]

    # Then
    assert prepare(lines(rows), "numbers.jsonl")[0].labels == ["0", "1", "true"]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_array_gives_the_same_rows_as_json_lines(indent: int | None) -> None:
    # Given
    rows = [chat(n) for n in range(20)]
    _, as_lines = prepare(lines(rows), "chat.jsonl")

    # When
    _, as_array = prepare(json.dumps(rows, indent=indent), "chat.json")

    # Then
    assert as_array.files == as_lines.files


def test_values_that_are_not_objects_of_an_array_are_rejected() -> None:
    # Given
    text = "[" + ",\n".join([json.dumps(chat(n)) for n in range(20)] + ["17", '"x"', "[1]"]) + "]"

    # When
    document, sink = prepare(text, "chat.json")

    # Then
    assert document.rows.source == 23
    assert [r.reason for r in sink.rejected] == ["not_an_object"] * 3
    assert sink.rejected[0].line == 21


BAD = [
    ('{"messages": [', "invalid_json", None),
    ("[1, 2]", "not_an_object", None),
    ('{"messages": NaN}', "invalid_json", None),
    ('{"messages": "\\ud800"}', "invalid_json", None),
    ('{"other": 1}', "empty", "messages"),
    ('{"messages": []}', "empty", "messages"),
    ('{"messages": 5}', "wrong_type", "messages"),
    ('{"messages": [1]}', "wrong_type", "messages[0]"),
    ('{"messages": [{"role": "robot", "content": "x"}]}', "bad_role", "messages[0].role"),
    ('{"messages": [{"role": "user", "content": null}]}', "empty", "messages[0].content"),
    ('{"messages": [{"role": "user", "content": ["x"]}]}', "not_text", "messages[0].content"),
    ('{"messages": [{"role": "user", "content": "x"}]}', "no_answer", "messages[0].role"),
    ('{"messages": [{"role": "assistant", "content": "x"}]}', "no_question", "messages"),
]


@pytest.mark.parametrize(("line", "reason", "column"), BAD)
def test_a_bad_line_is_rejected_with_its_row_line_and_column(
    line: str, reason: str, column: str | None
) -> None:
    # Given
    text = lines([chat(n) for n in range(10)]) + f"\n\n{line}\n" + lines([chat(99)])

    # When
    document, sink = prepare(text, "chat.jsonl")

    # Then
    assert [(r.reason, r.column, r.row, r.line) for r in sink.rejected] == [
        (reason, column, 12, 12)
    ]
    assert document.rows.source == 12


def test_a_line_of_a_hundred_thousand_brackets_is_one_rejected_row() -> None:
    # Given
    text = lines([chat(n) for n in range(10)]) + '\n{"messages": ' + "[" * 100_000

    # Then
    assert prepare(text, "chat.jsonl")[0].rejected_reasons == {"too_deep": 1}
