"""Conversations that call tools: what is kept, told apart, checked and refused."""

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


def test_given_an_answer_that_calls_a_tool_when_prepared_then_it_is_learnt_with_its_tools() -> None:
    document, sink = with_more()

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


def test_given_rows_without_tools_when_prepared_then_their_lines_name_none() -> None:
    rows = [json.dumps({"prompt": f"q {n}", "completion": f"a {n}"}) for n in range(20)]
    _, sink = prepare("\n".join(rows), "pairs.jsonl")

    assert b"tools" not in sink.files["train.jsonl"]


def test_given_few_different_calls_when_prepared_then_they_are_no_labels() -> None:
    rows = [calling({}, f"question number {n}") for n in range(40)]
    document, _ = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    assert (document.task, document.labels) == ("generation", [])


def test_given_the_older_function_call_when_prepared_then_it_is_a_tool_call() -> None:
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
    _, sink = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    row = sink.all_rows()[5]
    assert row.answer == '{"name": "find_order", "arguments": {"id": 5}}'
    assert row.tools == [TOOL]


def test_given_what_only_steers_openais_api_when_prepared_then_it_is_no_matter() -> None:
    document, _ = with_more(calling({"id": 99}, parallel_tool_calls=False, tool_choice="auto"))

    assert document.rows.rejected == 0


@pytest.mark.parametrize(
    "other",
    [
        calling({"id": 78}, "same question"),
        calling({"id": 77}, "same question", tools=[TOOL]),
    ],
)
def test_given_rows_that_differ_in_the_call_or_the_tools_when_prepared_then_both_stay(
    other: dict[str, Any],
) -> None:
    document, _ = with_more(calling({"id": 77}, "same question"), other)

    assert document.rows.duplicates == 0


def test_given_the_same_call_twice_when_prepared_then_it_is_a_duplicate() -> None:
    twin = calling({"id": 77}, "same question")
    document, _ = with_more(twin, twin)

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
def test_given_a_call_that_is_wrong_when_prepared_then_the_row_says_where(
    row: dict[str, Any], reason: str, column: str
) -> None:
    _, sink = with_more(row)

    assert [(each.reason, each.column, each.row) for each in sink.rejected] == [
        (reason, column, 21)
    ]


def test_given_a_secret_among_the_arguments_when_prepared_then_the_row_is_rejected() -> None:
    document, _ = with_more(calling({"auth": {"keys": [KEY]}}))

    assert document.rejected_reasons == {"secret": 1}


def test_given_secrets_are_masked_when_prepared_then_the_arguments_stay_json() -> None:
    _, sink = with_more(calling({"auth": [KEY, 'a "b"'], "n": 1}), secrets="mask")

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
def test_given_a_control_token_in_arguments_or_tools_when_prepared_then_the_row_is_rejected(
    row: dict[str, Any],
) -> None:
    document, _ = with_more(row)

    assert document.rejected_reasons == {"control_token": 1}


def test_given_a_garbled_argument_when_prepared_then_it_is_repaired_in_place() -> None:
    document, sink = with_more(calling({"text": "one\u0007two"}))

    calls = sink.all_rows()[-1].completion[0].tool_calls or []
    assert json.loads(calls[0]["function"]["arguments"]) == {"text": "onetwo"}
    assert [finding.check for finding in document.findings] == ["control_characters"]


def test_given_tools_when_the_length_is_estimated_then_they_count() -> None:
    wordy = [{"function": {"name": "f", "description": "word " * 400}}]
    short, _ = with_more(calling({}))
    long, _ = with_more(calling({}, tools=wordy))

    assert max(short.tokens.longest, 400) < long.tokens.longest


def test_given_two_spellings_of_a_call_then_their_text_is_the_same() -> None:
    one = [{"function": {"name": "f", "arguments": '{"b":1,"a":"é"}'}}]
    other = [{"id": "9", "function": {"name": "f", "arguments": '{ "a": "\\u00e9", "b": 1 }'}}]

    assert calls_as_text(one) == calls_as_text(other)
    assert calls_as_text(one) == '{"name": "f", "arguments": {"a": "é", "b": 1}}'


def test_given_words_beside_a_call_then_the_message_says_both() -> None:
    call = {"function": {"name": "f", "arguments": "{}"}}

    assert Message("assistant", "One moment.", [call]).text == (
        'One moment.\n{"name": "f", "arguments": {}}'
    )
