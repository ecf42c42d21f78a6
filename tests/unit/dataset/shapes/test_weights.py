"""OpenAI's `weight` decides which answers are learnt; an invalid weight is rejected."""

import json
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare

Turn = tuple[str, str] | tuple[str, str, Any]


def talk(*turns: Turn) -> dict[str, Any]:
    """Return a row; a turn is role, content and, where there is one, weight."""
    return {
        "messages": [dict(zip(("role", "content", "weight"), turn, strict=False)) for turn in turns]
    }


def prepared(*turns: Turn) -> tuple[list[tuple[str, int | None]], str]:
    """Prepare twenty rows like this one; return the first's prompt (content, weight), answer."""
    rows = [
        json.dumps(talk(*((role, f"{text} {n}", *rest) for role, text, *rest in turns)))
        for n in range(20)
    ]
    _, sink = prepare("\n".join(rows), "chat.jsonl")
    assert sink.rejected == []
    row = sink.all_rows()[0]
    return [(message.content, message.weight) for message in row.prompt], row.answer


def test_messages_without_weights_are_written_without_weights() -> None:
    # When
    prompt, answer = prepared(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))

    # Then
    assert prompt == [("a 0", None), ("b 0", None), ("c 0", None)]
    assert answer == "d 0"


def test_answers_beside_a_weighted_one_have_weight_one() -> None:
    # When
    prompt, answer = prepared(
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
        ("assistant", "d", 0),
        ("user", "e"),
        ("assistant", "f"),
    )

    # Then
    assert [weight for _, weight in prompt] == [None, 1, None, 0, None]
    assert answer == "f 0"


def test_turns_after_the_last_learned_answer_are_removed() -> None:
    # When a conversation ends with an answer of weight 0
    prompt, answer = prepared(
        ("user", "a"),
        ("assistant", "b", 1),
        ("user", "c"),
        ("assistant", "d", 0),
    )

    # Then
    assert (prompt, answer) == ([("a 0", None)], "b 0")


def test_a_weight_of_zero_on_a_users_message_has_no_effect() -> None:
    # When
    prompt, answer = prepared(("user", "a", 0), ("assistant", "b"))

    # Then
    assert (prompt, answer) == ([("a 0", None)], "b 0")


@pytest.mark.parametrize(
    ("row", "reason", "column", "fix"),
    [
        (talk(("user", "a"), ("assistant", "b", 2)), "bad_weight", "messages[1].weight", "Write 1"),
        (talk(("user", "a"), ("assistant", "b", 0.5)), "bad_weight", "messages[1].weight", "Write"),
        (talk(("user", "a"), ("assistant", "b", "1")), "bad_weight", "messages[1].weight", "Write"),
        (talk(("user", "a"), ("assistant", "b", True)), "bad_weight", "messages[1].weight", "Wri"),
        (talk(("user", "a", 1), ("assistant", "b")), "bad_weight", "messages[0].weight", "Remove"),
        (
            talk(("user", "a"), ("assistant", "b", 0), ("user", "c"), ("assistant", "d", 0)),
            "nothing_to_learn",
            "messages[3].weight",
            "Give an answer weight 1",
        ),
    ],
)
def test_an_invalid_weight_is_rejected_with_its_place_and_a_fix(
    row: dict[str, Any], reason: str, column: str, fix: str
) -> None:
    # Given
    good = [json.dumps(talk(("user", f"q {n}"), ("assistant", f"a {n}"))) for n in range(20)]

    # When
    document, sink = prepare("\n".join([*good, json.dumps(row)]), "chat.jsonl")

    # Then
    (rejected,) = sink.rejected
    assert (rejected.reason, rejected.column, rejected.row) == (reason, column, 21)
    assert (rejected.fix or "").startswith(fix)
    assert document.rejected_reasons == {reason: 1}


def test_rows_that_differ_only_in_weights_are_both_kept() -> None:
    # Given
    turns = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]
    rows = [talk(("user", f"q {n}"), ("assistant", f"a {n}")) for n in range(20)]
    rows.append(talk(*turns))
    rows.append(talk(turns[0], ("assistant", "b", 1), *turns[2:]))

    # When
    document, _ = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    # Then
    assert document.rows.duplicates == 0


def test_equal_last_answers_of_longer_conversations_are_not_labels() -> None:
    # Given
    rows = [
        talk(("user", f"q {n}"), ("assistant", f"a {n}"), ("user", "?"), ("assistant", "bye", 1))
        for n in range(40)
    ]

    # When
    document, _ = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    # Then
    assert document.task == "generation"


def test_weights_in_a_prompt_of_messages_are_kept() -> None:
    # Given
    rows = [
        json.dumps(
            {
                "prompt": talk(("user", f"a {n}"), ("assistant", "b", 1), ("user", "c"))[
                    "messages"
                ],
                "completion": f"d {n}",
            }
        )
        for n in range(20)
    ]

    # When
    _, sink = prepare("\n".join(rows), "trl.jsonl")

    # Then
    row = sink.all_rows()[0]
    assert [message.weight for message in (*row.prompt, *row.completion)] == [None, 1, None, 1]
