"""Weighted answers and tool calls: what of a conversation is trained on, and in which form."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders.fitted_rows import fit, learnt_texts
from tests.support.builders.tiny_model import END_OF_TURN, make_byte_tokenizer
from tests.support.builders.training_rows import make_row
from tunedrop.documents.tool_calls import calls_as_text
from tunedrop.evaluation.scoring.tool_calls import read_calls
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import DataError, ModelError
from tuning.proof import prove_trainable

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@pytest.fixture
def chat() -> ChatTokenizer:
    return ChatTokenizer(make_byte_tokenizer())


def said(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def weighted_row(number: int, *, question: str = "and?") -> dict[str, Any]:
    """An answer to learn, one for context only, and the last."""
    return {
        "row": number,
        "prompt": [
            said("user", "one?"),
            said("assistant", "first", weight=1),
            said("user", "two?"),
            said("assistant", "second", weight=0),
            said("user", question),
        ],
        "completion": [said("assistant", "third", weight=1)],
    }


def test_given_weights_then_exactly_the_answers_of_weight_one_are_trained_on(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    fitted = fit(tmp_path, [weighted_row(1)], chat)
    (row,) = fitted.rows

    assert learnt_texts(row, chat) == [f"first{END_OF_TURN}", f"third{END_OF_TURN}"]
    prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


def test_given_no_weight_then_earlier_answers_are_not_trained_on(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    row = weighted_row(1)
    for message in (*row["prompt"], *row["completion"]):
        message.pop("weight", None)
    (fitted,) = fit(tmp_path, [row], chat).rows

    assert learnt_texts(fitted, chat) == [f"third{END_OF_TURN}"]


def test_given_a_weighted_row_too_long_then_no_learnt_answer_is_shortened(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    row = weighted_row(3, question="x" * 100)
    row["prompt"][1]["content"] = "y" * 120
    fitted = fit(tmp_path, [row], chat, max_length=300)

    assert fitted.shortened == [3]
    assert learnt_texts(fitted.rows[0], chat) == ["y" * 120 + END_OF_TURN, f"third{END_OF_TURN}"]


def test_given_a_template_that_rewrites_earlier_answers_then_weights_are_refused() -> None:
    # As templates that leave out the thoughts of all answers but the last.
    forgetting = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
        "{% if m['role'] == 'assistant' and not loop.last %}{{ m['content'][:2] }}"
        "{% else %}{{ m['content'] }}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    chat = ChatTokenizer(make_byte_tokenizer(forgetting))
    row = weighted_row(1)

    with pytest.raises(ModelError, match="take `weight` out of the messages"):
        chat.tokenize(row["prompt"], row["completion"])


def test_given_an_earlier_answer_without_an_end_then_the_proof_names_the_row(
    tmp_path: Path,
) -> None:
    only_last = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
        "{% if m['content'] == 'third' %}<|im_end|>{% endif %}\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    chat = ChatTokenizer(make_byte_tokenizer(only_last))
    fitted = fit(tmp_path, [weighted_row(8)], chat)

    with pytest.raises(DataError, match="row 8 of the `train` channel does not end with"):
        prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


CALL = {"id": "c1", "type": "function"} | {
    "function": {"name": "find_order", "arguments": '{"place":"Oslo","id":7}'}
}
ORDERED = {"name": "find_order", "arguments": '{"id":7,"place":"Oslo"}'}
TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {}}}
WITH_CALLS = (
    "{% if tools %}<tools>{{ tools | tojson }}</tools>{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
    "{% for c in m['tool_calls'] or [] %}<call>{{ c['function'] | tojson }}</call>{% endfor %}"
    "<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def calling_row(number: int) -> dict[str, Any]:
    return {
        "row": number,
        "prompt": [said("user", "where?")],
        "completion": [said("assistant", "", tool_calls=[CALL])],
        "tools": [TOOL],
    }


def test_given_a_template_with_calls_then_the_call_is_trained_on_in_its_form(
    tmp_path: Path,
) -> None:
    chat = ChatTokenizer(make_byte_tokenizer(WITH_CALLS))
    (row,) = fit(tmp_path, [calling_row(1)], chat).rows

    call = '{"name": "find_order", "arguments": {"place": "Oslo", "id": 7}}'
    expected = f"<call>{call}</call>{END_OF_TURN}"
    assert learnt_texts(row, chat) == [expected]
    assert '<tools>[{"type": "function"' in str(chat.tokenizer.decode(row["input_ids"]))
    assert not chat.calls_as_text


def test_given_a_template_that_leaves_calls_out_then_the_call_is_written_as_the_reference_answer(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    (row,) = fit(tmp_path, [calling_row(1)], chat).rows

    assert chat.calls_as_text
    assert learnt_texts(row, chat) == [calls_as_text([CALL]) + END_OF_TURN]


@pytest.mark.parametrize(
    "template",
    [
        (
            "{% for m in messages %}"
            "{% if m['tool_calls'] %}{{ raise_exception('none') }}{% endif %}"
            "{{ m['content'] }}<|im_end|>{% endfor %}"
        ),
        (
            "{% for m in messages %}{{ m['content'] }}{% for c in m['tool_calls'] or [] %}"
            "{{ c['function']['name'] }}{% endfor %}<|im_end|>{% endfor %}"
        ),
    ],
    ids=["refuses calls", "writes only the name"],
)
def test_given_half_a_template_for_calls_then_they_are_written_as_text(template: str) -> None:
    assert ChatTokenizer(make_byte_tokenizer(template)).calls_as_text


def test_given_a_row_the_template_refuses_then_it_is_named(tmp_path: Path) -> None:
    strict = "{{ raise_exception('no tool role here') }}"
    chat = ChatTokenizer(make_byte_tokenizer(strict))

    with pytest.raises(DataError, match="refuses row 4 of the `train` channel: no tool role here"):
        fit(tmp_path, [make_row(4, "a", "b")], chat)


def family(name: str) -> ChatTokenizer:
    """A tokenizer with the chat template of a real model family, as TRL keeps it."""
    found = find_spec("trl")
    assert found is not None
    assert found.origin is not None
    template = Path(found.origin).parent / "chat_templates" / f"{name}.jinja"
    return ChatTokenizer(make_byte_tokenizer(template.read_text(encoding="utf-8")))


AS_TEXT = calls_as_text([CALL])


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("qwen2_5", f"<tool_call>\n{AS_TEXT}\n</tool_call><|im_end|>"),
        ("qwen3_instruct_2507", f"<tool_call>\n{AS_TEXT}\n</tool_call><|im_end|>"),
        ("llama3_1", AS_TEXT.replace("arguments", "parameters") + "<|eot_id|>"),
        ("gemma3", f"{AS_TEXT}<end_of_turn>\n"),  # has no calls
        ("qwen3_8", f"\n</think>\n\n{AS_TEXT}<|im_end|>"),  # writes <parameter=id>
    ],
)
def test_given_a_model_familys_template_then_its_calls_are_learnt_and_can_be_read(
    name: str, call: str
) -> None:
    chat = family(name)
    row = calling_row(1)
    row["completion"][0]["tool_calls"] = [{**CALL, "function": ORDERED}]
    tokens = chat.tokenize(row["prompt"], row["completion"], row["tools"])

    ((start, end),) = tokens.learnt
    learnt = str(chat.tokenizer.decode(tokens.input_ids[start:end]))
    assert learnt == call
    assert read_calls(learnt) == AS_TEXT


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3_instruct_2507", "llama3_1", "gemma3", "phi3"])
def test_given_a_model_familys_template_then_the_answers_of_weight_one_are_learnt(
    name: str,
) -> None:
    chat = family(name)
    row = weighted_row(1)
    tokens = chat.tokenize(row["prompt"], row["completion"])

    first, third = (
        str(chat.tokenizer.decode(tokens.input_ids[start:end])) for start, end in tokens.learnt
    )
    assert (first[:6], third[:6]) == ("first<", "third<")
    assert "user" not in first
