"""Tool calls are read from answers in the formats of many models and compared as calls."""

import pytest

from tests.support.builders.evaluations import answers_of, dataset_of
from tunedrop.documents.rows import Message, Row
from tunedrop.evaluation.baselines import NearestRows, leaked_rows
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.scoring.tool_calls import (
    are_calls,
    read_calls,
    same_arguments,
    same_calls,
    same_names,
)
from tunedrop.recipe.schema import Recipe

OSLO = '{"name": "weather", "arguments": {"city": "Oslo", "days": 2}}'
ROME = '{"name": "weather", "arguments": {"city": "Rome"}}'


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        (OSLO, OSLO),
        ('{"arguments":{"days":2,"city":"Oslo"},"name":"weather"}', OSLO),
        (f"<tool_call>{OSLO}</tool_call>\n<tool_call>{ROME}</tool_call>", f"{OSLO}\n{ROME}"),
        (f"[TOOL_CALLS][{OSLO}, {ROME}]", f"{OSLO}\n{ROME}"),
        ('{"name": "weather", "parameters": {"city": "Rome"}}', ROME),
        (
            ('{"id": "1", "type": "function", "function": {"name": "weather", '
            '"arguments": "{\\"city\\":\\"Rome\\"}"}}'),
            ROME,
        ),
        (f"I shall look. {ROME} One moment.", ROME),
        (f'{{"tool_calls": [{ROME}]}}', ROME),
    ],
)  # fmt: skip
def test_tool_calls_of_every_model_family_are_read(answer: str, calls: str) -> None:
    assert read_calls(answer) == calls


@pytest.mark.parametrize(
    "answer",
    [
        "It rains.",
        "{",
        '{"name": "weather"}',
        '{"name": 5, "arguments": {}}',
        '{"name": "w", "arguments": "{"}',
        '{"city": "Oslo"}',
        "{" * 100_000,
    ],
)
def test_an_answer_without_a_call_is_unchanged(answer: str) -> None:
    assert read_calls(f" {answer} ") == answer


def row(number: int, city: str) -> Row:
    function = {"name": "weather", "arguments": f'{{"city": "{city}"}}'}
    return Row(
        row=number,
        prompt=[Message("user", f"the weather in {city}?")],
        completion=[Message("assistant", "", [{"type": "function", "function": function}])],
    )


def test_the_form_of_a_tool_call_does_not_affect_its_score() -> None:
    # Given
    rows = [row(n, f"city{n}") for n in range(30)]
    right = [
        f'<tool_call>{{"arguments": {{"city": "city{n}"}}, "name": "weather"}}</tool_call>'
        for n in range(30)
    ]
    wrong = [f"It is fine in city{n}." for n in range(30)]

    # When
    judged = judge(dataset_of("generation"), rows, answers_of(wrong, right), Recipe())

    # Then
    assert judged.tuned.metrics["exact_match"].value == 1.0
    assert judged.base.metrics["exact_match"].value == 0.0
    assert judged.wins[0].expected.startswith('{"name": "weather", "arguments": {"city": "city')


def test_prompts_that_differ_only_in_a_call_are_not_leaked() -> None:
    # Given
    def asked(number: int, city: str) -> Row:
        call = row(number, city).completion
        prompt = [Message("user", "and?"), *call, Message("tool", "12 degrees")]
        return Row(number, prompt, [Message("assistant", "mild")])

    # When
    train, test = [asked(1, "Oslo")], [asked(2, "Rome"), asked(3, "Oslo")]
    nearest = [NearestRows(train).nearest(each) for each in test]

    # Then
    assert leaked_rows(test, train, nearest) == [1]


FIND = '{"name": "find", "arguments": {"id": 1, "place": "Rome"}}'
FIND_OTHERS = '{"name": "find", "arguments": {"id": 2, "place": "Rome"}}'
SEND = '{"name": "send", "arguments": {"id": 1, "place": "Rome"}}'
FIND_AGAIN = '{"arguments": {"place": "Rome", "id": 1}, "name": "find"}'


@pytest.mark.parametrize(
    ("answer", "gold", "scores"),
    [
        (FIND, FIND, (1, 1, 1)),
        (FIND_AGAIN, FIND, (1, 1, 1)),
        (FIND_OTHERS, FIND, (1, 0, 0)),
        (SEND, FIND, (0, 1, 0)),
        ("I will find it.", FIND, (0, 0, 0)),
        (f"{SEND}\n{FIND}", f"{FIND}\n{SEND}", (1, 1, 1)),
        (FIND, f"{FIND}\n{FIND}", (0, 0, 0)),
        ("It is in Rome.", "It is there.", (1, 1, 1)),
        (FIND, "It is there.", (0, 0, 0)),
    ],
)
def test_names_arguments_and_both_are_scored_apart(
    answer: str, gold: str, scores: tuple[float, float, float]
) -> None:
    found = (same_names(answer, gold), same_arguments(answer, gold), same_calls(answer, gold))

    assert found == scores


@pytest.mark.parametrize(
    ("golds", "expected"),
    [
        ([FIND, SEND, "yes"], True),
        ([FIND, "yes"], False),
        (["yes", "no"], False),
        (['{"name": "Ann", "arguments": {}, "age": 7}'], False),
        (["[1]"], False),
    ],
)
def test_right_answers_are_calls_if_most_of_them_are(golds: list[str], *, expected: bool) -> None:
    assert are_calls(golds) is expected
