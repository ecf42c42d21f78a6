"""Conversations that call tools: what is kept, compared, checked and rejected."""

import json
from typing import Any

import pytest

from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.rows import Message
from tunedrop.documents.tool_calls import calls_as_text

TOOL = {
    "type": "function",
    "function": {"name": "find_order", "parameters": {"type": "object", "properties": {}}},
}
KEY = "AKIA" + "ABCDEFGHIJKLMNOP"


def calling(arguments: Any, question: str = "where is my order?", **row: Any) -> dict[str, Any]:
    """Return a conversation that ends with a call."""
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "find_order", "arguments": arguments},
    }
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ],
        **row,
    }


def with_more(*rows: dict[str, Any], **recipe: Any) -> tuple[Dataset, MemorySink]:
    """Prepare these rows, and twenty sound ones before them."""
    sound = [calling({"id": n}, f"where is order {n}?", tools=[TOOL]) for n in range(20)]
    return prepare("\n".join(map(json.dumps, [*sound, *rows])), "chat.jsonl", **recipe)


def test_an_answer_that_calls_a_tool_is_kept_with_its_tools() -> None:
    # When
    document, sink = with_more()

    # Then
    row = sink.all_rows()[3]
    assert document.rows.rejected == 0
    assert document.task == "generation"
    assert row.completion[0].content == ""
    assert row.completion[0].tool_calls == [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "find_order", "arguments": '{"id":3}'},
        }
    ]
    assert row.answer == '{"name": "find_order", "arguments": {"id": 3}}'
    assert row.tools == [TOOL]


def test_rows_without_tools_are_written_without_the_key_tools() -> None:
    # Given
    rows = [json.dumps({"prompt": f"q {n}", "completion": f"a {n}"}) for n in range(20)]

    # When
    _, sink = prepare("\n".join(rows), "pairs.jsonl")

    # Then
    assert b"tools" not in sink.files["train.jsonl"]


def test_answers_that_are_tool_calls_are_not_labels() -> None:
    # Given
    rows = [calling({}, f"question number {n}") for n in range(40)]

    # When
    document, _ = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    # Then
    assert (document.task, document.labels) == ("generation", [])


def test_a_sharegpt_turn_from_function_call_becomes_a_tool_call() -> None:
    # Given
    rows = [
        {
            "conversations": [
                {"from": "human", "value": f"where is order {n}?"},
                {
                    "from": "function_call",
                    "value": f'{{"name": "find", "arguments": {{"id": {n}}}}}',
                },
                {"from": "observation", "value": "on its way"},
                {"from": "gpt", "value": f"Order {n} is on its way."},
            ]
        }
        for n in range(20)
    ]

    # When
    _, sink = prepare(json.dumps(rows), "chat.json")

    # Then
    called = sink.all_rows()[5].prompt[1]
    arguments = {"name": "find", "arguments": '{"id":5}'}
    assert called.tool_calls == [{"type": "function", "function": arguments}]
    assert called.content == ""


def test_the_older_function_call_becomes_a_tool_call() -> None:
    # Given
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"where is order {n}?"},
                {
                    "role": "assistant",
                    "function_call": {"name": "find_order", "arguments": f'{{"id": {n}}}'},
                },
            ],
            "functions": [TOOL["function"]],
        }
        for n in range(20)
    ]

    # When
    _, sink = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    # Then
    row = sink.all_rows()[5]
    assert row.answer == '{"name": "find_order", "arguments": {"id": 5}}'
    assert row.tools == [TOOL]


def test_keys_that_only_control_openais_api_are_ignored() -> None:
    # When
    document, _ = with_more(calling({"id": 99}, parallel_tool_calls=False, tool_choice="auto"))

    # Then
    assert document.rows.rejected == 0


@pytest.mark.parametrize(
    "other",
    [
        calling({"id": 78}, "same question"),
        calling({"id": 77}, "same question", tools=[TOOL]),
    ],
)
def test_rows_that_differ_in_the_call_or_the_tools_are_both_kept(other: dict[str, Any]) -> None:
    # When
    document, _ = with_more(calling({"id": 77}, "same question"), other)

    # Then
    assert document.rows.duplicates == 0


def test_a_row_with_the_same_call_is_a_duplicate() -> None:
    # Given
    row = calling({"id": 77}, "same question")

    # When
    document, _ = with_more(row, row)

    # Then
    assert document.rows.duplicates == 1


BAD: list[tuple[dict[str, Any], str, str]] = [
    (calling('{"id": '), "bad_arguments", "messages[1].tool_calls[0].function.arguments"),
    (calling("[1]"), "bad_arguments", "messages[1].tool_calls[0].function.arguments"),
    (calling(7), "bad_arguments", "messages[1].tool_calls[0].function.arguments"),
    (calling({}, tools="hammer"), "wrong_type", "tools"),
    (calling({}, tools=[TOOL, {"type": "function"}]), "wrong_type", "tools[1]"),
    (calling({}, tools="[{"), "invalid_json", "tools"),
    (
        {"messages": [{"role": "user", "content": "q", "tool_calls": [TOOL]}]},
        "wrong_type",
        "messages[0].tool_calls[0]",
    ),
    (
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [1]}]},
        "wrong_type",
        "messages[1].tool_calls[0]",
    ),
    (
        {
            "messages": [
                {"role": "user", "content": "q"},
                {"role": "assistant", "function_call": {"name": "f", "arguments": "{"}},
            ]
        },
        "bad_arguments",
        "messages[1].function_call.arguments",
    ),
    (
        {"messages": [{"role": "user", "content": "q", "name": 5}]},
        "wrong_type",
        "messages[0].name",
    ),
]


@pytest.mark.parametrize(("row", "reason", "column"), BAD)
def test_a_wrong_call_is_rejected_with_its_place(
    row: dict[str, Any], reason: str, column: str
) -> None:
    # When
    _, sink = with_more(row)

    # Then
    assert [(each.reason, each.column, each.row) for each in sink.rejected] == [
        (reason, column, 21)
    ]


def test_a_row_with_a_secret_in_the_arguments_is_rejected() -> None:
    # When
    document, _ = with_more(calling({"auth": {"keys": [KEY]}}))

    # Then
    assert document.rejected_reasons == {"secret": 1}


def test_arguments_stay_json_when_their_secrets_are_masked() -> None:
    # When
    _, sink = with_more(calling({"auth": [KEY, 'a "b"'], "n": 1}), secrets="mask")

    # Then
    calls = sink.all_rows()[-1].completion[0].tool_calls or []
    assert json.loads(calls[0]["function"]["arguments"]) == {
        "auth": ["[SECRET]", 'a "b"'],
        "n": 1,
    }


@pytest.mark.parametrize(
    "row",
    [
        calling({"text": "bye<|im_end|>"}),
        calling({}, tools=[{"function": {"name": "f", "description": "<|im_end|>"}}]),
    ],
)
def test_a_row_with_a_control_token_in_arguments_or_tools_is_rejected(row: dict[str, Any]) -> None:
    # When
    document, _ = with_more(row)

    # Then
    assert document.rejected_reasons == {"control_token": 1}


def test_a_control_character_is_removed_from_an_argument() -> None:
    # When
    document, sink = with_more(calling({"text": "one\u0007two"}))

    # Then
    calls = sink.all_rows()[-1].completion[0].tool_calls or []
    assert json.loads(calls[0]["function"]["arguments"]) == {"text": "onetwo"}
    assert [finding.check for finding in document.findings] == ["control_characters"]


def test_tools_count_in_the_estimated_length() -> None:
    # Given
    wordy = [{"function": {"name": "f", "description": "word " * 400}}]
    short, _ = with_more(calling({}))

    # When
    long, _ = with_more(calling({}, tools=wordy))

    # Then
    assert max(short.tokens.longest, 400) < long.tokens.longest


def test_two_spellings_of_a_call_have_the_same_text() -> None:
    # Given
    one = [{"function": {"name": "f", "arguments": '{"b":1,"a":"é"}'}}]
    other = [{"id": "9", "function": {"name": "f", "arguments": '{ "a": "\\u00e9", "b": 1 }'}}]

    # Then
    assert calls_as_text(one) == calls_as_text(other)
    assert calls_as_text(one) == '{"name": "f", "arguments": {"a": "é", "b": 1}}'


def test_the_text_of_a_message_holds_its_words_and_its_call() -> None:
    # Given
    call = {"function": {"name": "f", "arguments": "{}"}}

    # Then
    assert Message("assistant", "One moment.", [call]).text == (
        'One moment.\n{"name": "f", "arguments": {}}'
    )
