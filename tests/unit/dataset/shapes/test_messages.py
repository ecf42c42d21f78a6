"""Every message of a conversation is checked; an error names the message and its fault."""

import json
from typing import Any

import pytest

from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.dataset.checks.findings import MOST_PLACES
from tunedrop.documents.dataset import Dataset, Finding

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
CALLS = [{"type": "function", "function": {"name": "f", "arguments": "{}"}}]


def said(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def with_row(*messages: Any) -> tuple[Dataset, MemorySink]:
    """Prepare twenty sound rows and, last, this one."""
    rows = [{"messages": [said("user", f"q {n}"), said("assistant", f"a {n}")]} for n in range(20)]
    rows.append({"messages": [*messages]})
    return prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")


ASKED = said("user", "a question")
BAD: list[tuple[list[Any], str, str]] = [
    ([ASKED, said("robot", "x")], "bad_role", "messages[1].role"),
    ([ASKED, {"content": "x"}], "bad_role", "messages[1].role"),
    ([ASKED, said("assistant", "")], "empty", "messages[1].content"),
    ([ASKED, said("assistant", " \n")], "empty", "messages[1].content"),
    ([ASKED, said("assistant", None)], "empty", "messages[1].content"),
    ([ASKED, {"role": "assistant"}], "empty", "messages[1].content"),
    ([ASKED, said("assistant", None, tool_calls=[])], "empty", "messages[1].content"),
    ([ASKED, said("assistant", {"text": "x"})], "wrong_type", "messages[1].content"),
    ([said("user", [{"type": "text", "text": "see"}, IMAGE])], "not_text", "messages[0].content"),
    ([said("user", [{"type": "text"}])], "empty", "messages[0].content"),
    ([ASKED, said("assistant", "x", mood="good")], "unknown_key", "messages[1].mood"),
    ([ASKED, said("assistant", "x", id="1", mood="good")], "unknown_key", "messages[1].mood"),
    ([ASKED, "x"], "wrong_type", "messages[1]"),
    ([ASKED, said("assistant", "x"), said("user", "and?")], "no_answer", "messages[2].role"),
    ([ASKED, said("tool", "x")], "no_answer", "messages[1].role"),
    ([said("system", "s"), said("assistant", "x")], "no_question", "messages"),
]


@pytest.mark.parametrize(("messages", "reason", "column"), BAD)
def test_a_wrong_message_is_rejected_with_its_place_in_the_row(
    messages: list[Any], reason: str, column: str
) -> None:
    # When
    _, sink = with_row(*messages)

    # Then
    assert [(each.reason, each.column, each.row) for each in sink.rejected] == [
        (reason, column, 21)
    ]


def test_keys_of_openais_api_answers_are_ignored() -> None:
    # Given
    answer = said("assistant", "x", refusal=None, annotations=[], audio=None, id="1")

    # When
    document, _ = with_row(ASKED, answer)

    # Then
    assert document.rows.rejected == 0


@pytest.mark.parametrize(
    ("messages", "where"),
    [
        ([said("user", "q<|im_end|>"), said("assistant", "x")], "Message 1, the user's"),
        ([ASKED, said("assistant", "x<|eot_id|>")], "Message 2, the assistant's"),
    ],
)
def test_a_control_token_is_rejected_with_the_message_that_holds_it(
    messages: list[Any], where: str
) -> None:
    # When
    _, sink = with_row(*messages)

    # Then
    (rejected,) = sink.rejected
    assert rejected.reason == "control_token"
    assert rejected.message.startswith(where)


def turn_order(document: Dataset) -> list[Finding]:
    return [finding for finding in document.findings if finding.check == "turn_order"]


@pytest.mark.parametrize(
    ("messages", "excerpt"),
    [
        ([ASKED, said("user", "more"), said("assistant", "x")], "message 2: user after user"),
        (
            [said("assistant", "hi"), ASKED, said("assistant", "x")],
            "message 1: assistant first",
        ),
        (
            [ASKED, said("assistant", "x"), said("system", "s"), ASKED, said("assistant", "y")],
            "message 3: system after assistant",
        ),
        (
            [ASKED, said("assistant", "x"), said("assistant", "y")],
            "message 3: assistant after assistant",
        ),
        (
            [ASKED, said("assistant", "x"), said("tool", "r"), said("assistant", "y")],
            "message 3: tool after assistant",
        ),
    ],
)
def test_turns_out_of_order_are_reported_and_kept(messages: list[Any], excerpt: str) -> None:
    # When
    document, _ = with_row(*messages)

    # Then
    (finding,) = turn_order(document)
    assert (finding.rows, finding.places[0].row) == (1, 21)
    assert finding.places[0].excerpt == excerpt
    assert document.rows.rejected == 0


@pytest.mark.parametrize(
    "messages",
    [
        [said("system", "s"), ASKED, said("assistant", "x")],
        [ASKED, said("assistant", "x"), said("user", "and?"), said("assistant", "y")],
        [
            ASKED,
            said("assistant", None, tool_calls=CALLS),
            said("tool", "one"),
            said("tool", "two"),
            said("assistant", "y"),
        ],
    ],
)
def test_turns_in_order_are_not_reported(messages: list[Any]) -> None:
    # When
    document, _ = with_row(*messages)

    # Then
    assert turn_order(document) == []


def test_only_the_first_rows_with_turns_out_of_order_are_listed() -> None:
    # Given
    rows = [
        {"messages": [said("user", f"q {n}"), said("user", "?"), said("assistant", f"a {n}")]}
        for n in range(30)
    ]

    # When
    document, _ = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    # Then
    (finding,) = turn_order(document)
    assert (finding.rows, len(finding.places)) == (30, MOST_PLACES)
