"""Which tokens of a conversation are trained on, and how tool calls are written."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.functional.training_container.tuning.conversations import message, weighted_row
from tests.support.builders.fitted_rows import fit, learnt_texts
from tests.support.builders.tiny_model import END_OF_TURN, make_byte_tokenizer
from tests.support.builders.training_rows import make_row
from tunedrop.documents.tool_calls import calls_as_text
from tunedrop.evaluation.scoring.tool_calls import read_calls
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import ModelError
from tuning.objectives.sft import prove_trainable

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@pytest.fixture
def chat() -> ChatTokenizer:
    return ChatTokenizer(make_byte_tokenizer())


def test_exactly_the_answers_of_weight_one_are_trained_on(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    # When a row with answers of weight 1, 0 and 1 is fitted
    fitted = fit(tmp_path, [weighted_row(1)], chat)
    (row,) = fitted.rows

    # Then the first and the last are trained on, each with its end
    assert learnt_texts(row, chat) == [f"first{END_OF_TURN}", f"third{END_OF_TURN}"]
    prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


@pytest.mark.parametrize(
    ("every_turn", "learnt"), [(True, ["first", "second", "third"]), (False, ["third"])]
)
def test_the_recipe_decides_about_earlier_answers_without_weights(
    tmp_path: Path, *, every_turn: bool, learnt: list[str]
) -> None:
    # Given a row whose answers have no weights
    chat = ChatTokenizer(make_byte_tokenizer(), learns_every_turn=every_turn)
    row = weighted_row(1)
    for turn in (*row["prompt"], *row["completion"]):
        turn.pop("weight", None)

    # When it is fitted
    (fitted,) = fit(tmp_path, [row], chat).rows

    # Then every answer is trained on with its end, or the last one only
    assert learnt_texts(fitted, chat) == [f"{answer}{END_OF_TURN}" for answer in learnt]


REWRITING = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' and not loop.last %}{{ m['content'][:-1] }}"
    "{% else %}{{ m['content'] }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A template like those that leave out the thoughts of earlier answers."""


def test_template_that_rewrites_earlier_answers_is_refused() -> None:
    # Given a template that TRL does not know
    chat = ChatTokenizer(make_byte_tokenizer(REWRITING))
    row = weighted_row(1)

    # When a row with weights is tokenized, then the error names them
    with pytest.raises(ModelError, match="take `weight` out of the messages"):
        chat.tokenize(row["prompt"], row["completion"])


def test_of_a_template_that_rewrites_answers_the_last_is_learnt(tmp_path: Path) -> None:
    # Given such a template, which TRL does not know, and a row without weights
    chat = ChatTokenizer(make_byte_tokenizer(REWRITING))
    row = weighted_row(1)
    for turn in (*row["prompt"], *row["completion"]):
        turn.pop("weight", None)

    # When it is fitted
    (fitted,) = fit(tmp_path, [row], chat).rows

    # Then the last answer alone is trained on
    assert learnt_texts(fitted, chat) == [f"third{END_OF_TURN}"]
    assert not chat.learns_earlier_answers


def test_qwen_3_learns_every_answer_with_the_variant_of_trl() -> None:
    # Given Qwen 3's template, which leaves the thoughts of earlier answers out
    chat = family("qwen3")
    row = weighted_row(1)

    # When a row with weights is tokenized
    tokens = chat.tokenize(row["prompt"], row["completion"])

    # Then both answers of weight 1 are trained on, each with its thoughts and its end
    thoughts = "<think>\n\n</think>\n\n"
    assert [
        str(chat.tokenizer.decode(tokens.input_ids[start:end])) for start, end in tokens.learnt
    ] == [f"{thoughts}first{END_OF_TURN}", f"{thoughts}third{END_OF_TURN}"]
    assert chat.learns_earlier_answers


@pytest.mark.parametrize(
    ("end", "written"),
    [
        (
            END_OF_TURN,
            f"<|im_start|>user\na?{END_OF_TURN}\n<|im_start|>assistant\nb{END_OF_TURN}",
        ),
        ("<|endoftext|>", "### User:\na?\n\n### Assistant:\nb<|endoftext|>"),
    ],
    ids=["its vocabulary has the marks of ChatML", "its end token is another"],
)
def test_model_without_a_chat_template_gets_one(end: str, written: str) -> None:
    # Given a tokenizer without a chat template
    tokenizer = make_byte_tokenizer()
    tokenizer.chat_template = None
    tokenizer.eos_token = end

    # When a row is tokenized
    chat = ChatTokenizer(tokenizer)
    tokens = chat.tokenize([message("user", "a?")], [message("assistant", "b")])

    # Then the answer is trained on up to the model's own end token
    ((start, stop),) = tokens.learnt
    assert chat.given_template
    assert tokenizer.decode(tokens.input_ids) == written
    assert tokenizer.decode(tokens.input_ids[start:stop]) == f"b{end}"


def test_template_that_rewrites_the_prompt_is_refused() -> None:
    # Given a template that begins with the number of messages
    rewriting = (
        "{{ messages | length }}{% for m in messages %}{{ m['content'] }}<|im_end|>{% endfor %}"
    )
    chat = ChatTokenizer(make_byte_tokenizer(rewriting))
    row = make_row(1, "a good film", "yes")

    # When a row is tokenized, then the error tells what the template does
    with pytest.raises(ModelError, match="writes a prompt differently once it is answered"):
        chat.tokenize(row["prompt"], row["completion"])


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
    """Return a row whose answer is a tool call."""
    return {
        "row": number,
        "prompt": [message("user", "where?")],
        "completion": [message("assistant", "", tool_calls=[CALL])],
        "tools": [TOOL],
    }


def test_call_is_trained_on_in_the_form_of_the_template(tmp_path: Path) -> None:
    # Given a template that writes tools and calls
    chat = ChatTokenizer(make_byte_tokenizer(WITH_CALLS))

    # When a row with a call is fitted
    (row,) = fit(tmp_path, [calling_row(1)], chat).rows

    # Then the call is trained on as the template writes it
    call = '{"name": "find_order", "arguments": {"place": "Oslo", "id": 7}}'
    expected = f"<call>{call}</call>{END_OF_TURN}"
    assert learnt_texts(row, chat) == [expected]
    assert '<tools>[{"type": "function"' in str(chat.tokenizer.decode(row["input_ids"]))
    assert not chat.calls_as_text


def test_call_is_written_as_text_when_the_template_leaves_it_out(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    # When a row with a call is fitted
    (row,) = fit(tmp_path, [calling_row(1)], chat).rows

    # Then the call is written as the evaluation's reference answer
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
def test_calls_are_text_when_the_template_writes_half_of_them(template: str) -> None:
    assert ChatTokenizer(make_byte_tokenizer(template)).calls_as_text


def family(name: str) -> ChatTokenizer:
    """Return a tokenizer with the chat template of a real model family, from TRL's package."""
    found = find_spec("trl")
    assert found is not None
    assert found.origin is not None
    template = Path(found.origin).parent / "chat_templates" / f"{name}.jinja"
    return ChatTokenizer(make_byte_tokenizer(template.read_text(encoding="utf-8")))


AS_TEXT = calls_as_text([CALL])
"""CALL as the evaluation writes it."""


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("qwen2_5", f"<tool_call>\n{AS_TEXT}\n</tool_call><|im_end|>"),
        ("qwen3_instruct_2507", f"<tool_call>\n{AS_TEXT}\n</tool_call><|im_end|>"),
        ("llama3_1", AS_TEXT.replace("arguments", "parameters") + "<|eot_id|>"),
        ("gemma3", f"{AS_TEXT}<end_of_turn>\n"),  # this template writes no calls
        ("qwen3_8", f"\n</think>\n\n{AS_TEXT}<|im_end|>"),  # and this one writes <parameter=id>
    ],
)
def test_calls_of_a_model_familys_template_can_be_read(name: str, call: str) -> None:
    # Given a row with a call, and a model family's template
    chat = family(name)
    row = calling_row(1)
    row["completion"][0]["tool_calls"] = [{**CALL, "function": ORDERED}]

    # When it is tokenized
    tokens = chat.tokenize(row["prompt"], row["completion"], row["tools"])

    # Then what is trained on is the call, and the evaluation can read it
    ((start, end),) = tokens.learnt
    learnt = str(chat.tokenizer.decode(tokens.input_ids[start:end]))
    assert learnt == call
    assert read_calls(learnt) == AS_TEXT


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3_instruct_2507", "llama3_1", "gemma3", "phi3"])
def test_weighted_answers_of_a_model_familys_template_are_found(name: str) -> None:
    # Given a row with weights, and a model family's template
    chat = family(name)
    row = weighted_row(1)

    # When it is tokenized
    tokens = chat.tokenize(row["prompt"], row["completion"])

    # Then exactly the answers of weight 1 are trained on
    first, third = (
        str(chat.tokenizer.decode(tokens.input_ids[start:end])) for start, end in tokens.learnt
    )
    assert (first[:6], third[:6]) == ("first<", "third<")
    assert "user" not in first
