"""OpenAI's `weight`: which answers of a conversation are learnt, and what a wrong one says."""

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


def test_given_no_weight_when_prepared_then_no_message_has_one() -> None:
    prompt, answer = prepared(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))

    assert prompt == [("a 0", None), ("b 0", None), ("c 0", None)]
    assert answer == "d 0"


def test_given_one_weight_when_prepared_then_the_other_answers_count_as_one() -> None:
    prompt, answer = prepared(
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
        ("assistant", "d", 0),
        ("user", "e"),
        ("assistant", "f"),
    )

    assert [weight for _, weight in prompt] == [None, 1, None, 0, None]
    assert answer == "f 0"


def test_given_trailing_zeros_when_prepared_then_they_are_cut() -> None:
    prompt, answer = prepared(
        ("user", "a"),
        ("assistant", "b", 1),
        ("user", "c"),
        ("assistant", "d", 0),
    )

    assert (prompt, answer) == ([("a 0", None)], "b 0")


def test_given_a_zero_on_a_users_message_when_prepared_then_it_says_nothing() -> None:
    prompt, answer = prepared(("user", "a", 0), ("assistant", "b"))

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
def test_given_a_weight_that_means_nothing_when_prepared_then_the_row_says_where(
    row: dict[str, Any], reason: str, column: str, fix: str
) -> None:
    good = [json.dumps(talk(("user", f"q {n}"), ("assistant", f"a {n}"))) for n in range(20)]
    document, sink = prepare("\n".join([*good, json.dumps(row)]), "chat.jsonl")

    (rejected,) = sink.rejected
    assert (rejected.reason, rejected.column, rejected.row) == (reason, column, 21)
    assert (rejected.fix or "").startswith(fix)
    assert document.rejected_reasons == {reason: 1}


def test_given_rows_that_differ_in_weights_only_when_prepared_then_both_are_kept() -> None:
    turns = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]
    rows = [talk(("user", f"q {n}"), ("assistant", f"a {n}")) for n in range(20)]
    rows.append(talk(*turns))
    rows.append(talk(turns[0], ("assistant", "b", 1), *turns[2:]))
    document, _ = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    assert document.rows.duplicates == 0


def test_given_several_answers_a_row_when_the_last_ones_are_alike_then_they_are_no_labels() -> None:
    rows = [
        talk(("user", f"q {n}"), ("assistant", f"a {n}"), ("user", "?"), ("assistant", "bye", 1))
        for n in range(40)
    ]
    document, _ = prepare("\n".join(map(json.dumps, rows)), "chat.jsonl")

    assert document.task == "generation"


def test_given_weights_in_a_prompt_of_messages_when_prepared_then_they_are_kept() -> None:
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
    _, sink = prepare("\n".join(rows), "trl.jsonl")

    row = sink.all_rows()[0]
    assert [message.weight for message in (*row.prompt, *row.completion)] == [None, 1, None, 1]
