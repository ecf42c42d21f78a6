"""What counts as a twin: the same text but for white space, ASCII letter case and Unicode form."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dataset.memory import prepare
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
    """Return how many rows of these (beside some others) were kept, and how many are twins."""
    others = [chat(f"an unrelated question, number {n}", f"{n}") for n in range(6)]
    content = "\n".join([*others, *(chat(*row) for row in rows)])
    counts = prepare(content, "chat.jsonl", checks=checks)[0].rows
    kept = counts.train + counts.validation + counts.test - len(others)
    return kept, counts.duplicates


@BOUNDED
@given(texts, st.integers(0, 9))
def test_texts_with_one_plain_form_are_candidates_of_each_other(text: str, gap: int) -> None:
    # Given a text and the same with other white space, letter case and Unicode form
    other = (" " * gap).join(unicodedata.normalize("NFD", text))
    other = "".join(char.swapcase() if char.isascii() else char for char in other)
    if plain(text) == plain(other):
        # Then they have the same key
        assert candidate(Turn("user", text), 1) == candidate(Turn("user", other), 1)


def test_blanks_letter_case_and_unicode_form_do_not_count() -> None:
    one = ("How far is the  moon?", "About 384,400 km, caf\N{COMBINING ACUTE ACCENT}e".lower())
    other = ("how far is\nthe moon?", unicodedata.normalize("NFC", one[1]))
    assert fates(one, other) == (1, 1)
    assert fates(one, other, checks="full") == (1, 1)


def test_rows_that_only_end_alike_are_no_twins() -> None:
    end = " and tell me in one short sentence what you think of it, please."
    one, other, third = (f"Take the {word}{end}" for word in ("first", "second", "third"))
    # Given prompts whose ends are the same, some of them repeated
    rows = [(one, "a"), (other, "a"), (third, "a"), (other, "a"), (one, "b"), (one, "a")]
    # Then only whole rows that are the same are twins
    assert fates(*rows) == (4, 2)


def test_one_prompt_with_two_answers_stays_in_one_split() -> None:
    end = " and tell me in one short sentence what you think of it, please."
    rows = [chat(f"Take number {n}{end}", f"{answer}") for n in range(60) for answer in "ab"]
    _, sink = prepare("\n".join(rows), "chat.jsonl", checks="basic", task="generation")
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


def test_the_order_of_the_rows_does_not_move_them_between_the_splits() -> None:
    end = " and tell me in one short sentence what you think of it, please."
    # Given thirty endings that four prompts share each
    rows = [chat(f"Take number {n}{end} {n % 30}", f"the answer {n}") for n in range(120)]
    _, one = prepare("\n".join(rows), "chat.jsonl", checks="basic")
    _, other = prepare("\n".join(reversed(rows)), "chat.jsonl", checks="basic")
    for split in ("train", "validation", "test"):
        texts = [{row.prompt[-1].content for row in sink.rows(split)} for sink in (one, other)]
        assert texts[0] == texts[1]


def conversation(*turns: tuple[str, str]) -> str:
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in turns]})


@pytest.mark.parametrize("checks", ["basic", "full"])
def test_where_one_message_ends_and_the_next_begins_counts(checks: str) -> None:
    last = "this is the very last question of this conversation, is it not"
    rows = [
        conversation(("user", "hello"), ("assistant", "hi"), ("user", last), ("assistant", "yes")),
        conversation(("user", f"hello assistant hi user {last}"), ("assistant", "yes")),
        conversation(("system", "be nice user"), ("user", last), ("assistant", "yes")),
        conversation(("system", "be nice"), ("user", f"user {last}"), ("assistant", "yes")),
        conversation(("user", last), ("assistant", f"{last}\x04assistantZ")),
        conversation(("user", f"{last}\x04assistant{last}"), ("assistant", "Z")),
    ]
    document, _ = prepare("\n".join(rows), "chat.jsonl", checks=checks, task="generation")
    assert document.rows.duplicates == 0


def test_a_label_in_another_spelling_makes_no_conflict_and_no_second_row() -> None:
    lines = [f"this is sentence number {n},{('so-so', 'good')[n % 2]}" for n in range(40)]
    lines += ["this is sentence number 0,so so", "this is sentence number 1,GOOD"]
    document, sink = prepare("text,label\n" + "\n".join(lines))
    assert (document.rows.duplicates, document.rows.rejected) == (2, 0)
    assert len({(row.prompt[-1].content, row.answer) for row in sink.all_rows()}) == 40


@pytest.mark.parametrize("column", ["tools", "functions", 'chat"x', "chat\\x"])
@pytest.mark.parametrize("checks", ["basic", "full"])
def test_a_column_of_messages_may_have_any_name(column: str, checks: str) -> None:
    rows = []
    for n in range(12):
        turns = [{"role": "user", "content": f"question number {n}"}]
        rows.append(json.dumps({column: [*turns, {"role": "assistant", "content": f"it is {n}"}]}))
    found = prepare("\n".join(rows), "chat.jsonl", checks=checks, columns={"messages": column})
    assert found[0].rows.rejected == 0


def test_an_unreadable_value_beside_the_messages_is_one_rejected_row() -> None:
    rows = [chat(f"question number {n}", f"is {n}")[:-1] + f', "who": {n}}}' for n in range(9)]
    rows.append(chat("another question", "it is so")[:-1] + ', "who": 1e999}')
    document, _ = prepare("\n".join(rows), "chat.jsonl", split={"group_by": "who"})
    assert document.rows.rejected == 1
