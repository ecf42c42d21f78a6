"""Duplicates have the same text except for white space, ASCII letter case and Unicode form."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pipeline.preparation import prepare
from tunedrop.dataset.duplicates.keys import candidate, plain
from tunedrop.documents.rows import Turn

BOUNDED = settings(max_examples=300, deadline=None, derandomize=True, database=None)
texts = st.text(
    alphabet=st.sampled_from("abCDe \n\té\N{COMBINING ACUTE ACCENT}ö猫"), min_size=1, max_size=150
)


def chat(asked: str, answer: str) -> str:
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


def fates(*rows: tuple[str, str], checks: str = "basic") -> tuple[int, int]:
    """Prepare these rows beside others; return how many were kept and how many are duplicates."""
    others = [chat(f"an unrelated question, number {n}", f"{n}") for n in range(6)]
    content = "\n".join([*others, *(chat(*row) for row in rows)])
    counts = prepare(content, "chat.jsonl", checks=checks)[0].rows
    kept = counts.train + counts.validation + counts.test - len(others)
    return kept, counts.duplicates


@BOUNDED
@given(texts, st.integers(0, 9))
def test_texts_with_the_same_plain_form_have_the_same_candidate_key(text: str, gap: int) -> None:
    # Given a text, and the same text with other white space, letter case and Unicode form
    other = (" " * gap).join(unicodedata.normalize("NFD", text))
    other = "".join(char.swapcase() if char.isascii() else char for char in other)

    # Then the two have the same key if they have the same plain form
    if plain(text) == plain(other):
        assert candidate(Turn("user", text), 1) == candidate(Turn("user", other), 1)


def test_duplicates_may_differ_in_spaces_letter_case_and_unicode_form() -> None:
    # Given
    one = ("How far is the  moon?", "About 384,400 km, caf\N{COMBINING ACUTE ACCENT}e".lower())
    other = ("how far is\nthe moon?", unicodedata.normalize("NFC", one[1]))

    # Then
    assert fates(one, other) == (1, 1)
    assert fates(one, other, checks="full") == (1, 1)


def test_rows_that_only_end_alike_are_not_duplicates() -> None:
    # Given prompts whose ends are the same, some of them repeated
    end = " and tell me in one short sentence what you think of it, please."
    one, other, third = (f"Take the {word}{end}" for word in ("first", "second", "third"))
    rows = [(one, "a"), (other, "a"), (third, "a"), (other, "a"), (one, "b"), (one, "a")]

    # Then only rows that are equal as a whole are duplicates
    assert fates(*rows) == (4, 2)


def test_one_prompt_with_two_answers_stays_in_one_split() -> None:
    # Given
    end = " and tell me in one short sentence what you think of it, please."
    rows = [chat(f"Take number {n}{end}", f"{answer}") for n in range(60) for answer in "ab"]

    # When
    _, sink = prepare("\n".join(rows), "chat.jsonl", checks="basic", task="generation")

    # Then
    splits = {
        row.prompt[-1].content: {
            split
            for split in ("train", "validation", "test")
            for other in sink.rows(split)
            if other.prompt == row.prompt
        }
        for row in sink.all_rows()
    }
    assert len(splits) == 60
    assert all(len(places) == 1 for places in splits.values())
    assert len(set.union(*splits.values())) == 3


def test_the_order_of_rows_with_shared_endings_does_not_change_the_splits() -> None:
    # Given thirty endings that four prompts share each
    end = " and tell me in one short sentence what you think of it, please."
    rows = [chat(f"Take number {n}{end} {n % 30}", f"the answer {n}") for n in range(120)]

    # When they are prepared in two orders
    _, one = prepare("\n".join(rows), "chat.jsonl", checks="basic")
    _, other = prepare("\n".join(reversed(rows)), "chat.jsonl", checks="basic")

    # Then
    for split in ("train", "validation", "test"):
        texts = [{row.prompt[-1].content for row in sink.rows(split)} for sink in (one, other)]
        assert texts[0] == texts[1]


def conversation(*turns: tuple[str, str]) -> str:
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in turns]})


@pytest.mark.parametrize("checks", ["basic", "full"])
def test_the_boundaries_between_messages_distinguish_rows(checks: str) -> None:
    # Given
    last = "this is the very last question of this conversation, is it not"
    rows = [
        conversation(("user", "hello"), ("assistant", "hi"), ("user", last), ("assistant", "yes")),
        conversation(("user", f"hello assistant hi user {last}"), ("assistant", "yes")),
        conversation(("system", "be nice user"), ("user", last), ("assistant", "yes")),
        conversation(("system", "be nice"), ("user", f"user {last}"), ("assistant", "yes")),
        conversation(("user", last), ("assistant", f"{last}\x04assistantZ")),
        conversation(("user", f"{last}\x04assistant{last}"), ("assistant", "Z")),
    ]

    # When
    document, _ = prepare("\n".join(rows), "chat.jsonl", checks=checks, task="generation")

    # Then
    assert document.rows.duplicates == 0


def test_a_label_in_another_spelling_is_a_duplicate_and_not_a_conflict() -> None:
    # Given
    lines = [f"this is sentence number {n},{('so so', 'good')[n % 2]}" for n in range(40)]
    lines += ["this is sentence number 0,So so.", "this is sentence number 1,GOOD"]

    # When
    document, sink = prepare("text,label\n" + "\n".join(lines))

    # Then
    assert (document.rows.duplicates, document.rows.rejected) == (2, 0)
    assert len({(row.prompt[-1].content, row.answer) for row in sink.all_rows()}) == 40


@pytest.mark.parametrize("column", ["tools", "functions", 'chat"x', "chat\\x"])
@pytest.mark.parametrize("checks", ["basic", "full"])
def test_a_column_of_messages_may_have_any_name(column: str, checks: str) -> None:
    # Given
    rows = []
    for n in range(12):
        turns = [{"role": "user", "content": f"question number {n}"}]
        rows.append(json.dumps({column: [*turns, {"role": "assistant", "content": f"it is {n}"}]}))

    # When
    found = prepare("\n".join(rows), "chat.jsonl", checks=checks, columns={"messages": column})

    # Then
    assert found[0].rows.rejected == 0


def test_an_unreadable_value_beside_the_messages_rejects_one_row() -> None:
    # Given
    rows = [chat(f"question number {n}", f"is {n}")[:-1] + f', "who": {n}}}' for n in range(9)]
    rows.append(chat("another question", "it is so")[:-1] + ', "who": 1e999}')

    # When
    document, _ = prepare("\n".join(rows), "chat.jsonl", split={"group_by": "who"})

    # Then
    assert document.rows.rejected == 1
