"""Preparation measures the tokens that the training job counts, with an error of at most 1%."""

import json
from collections.abc import Iterator
from random import Random

import msgspec
import pytest
from transformers import PreTrainedTokenizerFast

from tests.support.builders.tiny_model import CHATML, make_byte_tokenizer
from tests.support.pipeline.preparation import MemoryFile, MemorySink
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.dataset.sizing.chat_template import ChatTemplate
from tunedrop.recipe.schema import Recipe
from tuning.chat_tokenizer import ChatTokenizer

ROWS = 12_000
ALPHABETS = (
    "abcdefghij     ",
    "абвгдежзик     ",
    "今日は天気良いですね",
)  # 1 to 3 bytes a character


def generated() -> Iterator[str]:
    """Yield rows in three scripts in turn, as in a translated file, with very different lengths."""
    chance = Random(3)  # noqa: S311 - the same file on every run
    for number in range(ROWS):
        length = round(chance.lognormvariate(4, 0.8)) + 5
        text = "".join(chance.choices(ALPHABETS[number % 3], k=length))
        yield json.dumps({"prompt": f"{number} {text}", "completion": f"{text[:40]} {number}"})


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return make_byte_tokenizer()


@pytest.mark.parametrize("most", [10_000, 900], ids=["a sample", "every row"])
def test_the_measured_tokens_are_within_one_percent_of_the_exact_count(
    tokenizer: PreTrainedTokenizerFast, most: int
) -> None:
    # Given
    sink = MemorySink()

    # When a generated file is prepared
    document = prepare_dataset(
        MemoryFile("\n".join(generated()), "data.jsonl"),
        msgspec.convert({"checks": "basic", "rows": {"max_train": most}}, Recipe),
        sink,
        dataset="d",
        run="r",
        source_uri="s",
        tokenizer=tokenizer.backend_tokenizer.to_str().encode(),
    )

    # Then its tokens are within one percent of what the training job counts
    chat = ChatTokenizer(tokenizer)
    exact = 0
    for line in sink.files["train.jsonl"].splitlines():
        row = json.loads(line)
        exact += len(chat.tokenize(row["prompt"], row["completion"]).input_ids)

    said = document.tokens
    assert said.method == "tokenizer"
    assert said.total == pytest.approx(exact, rel=0.01 if most > 4_000 else 1e-9)
    assert said.error is not None
    assert said.error <= 0.01
    assert said.sample < document.rows.train or said.error == 0


# Adds a system prompt where the conversation has none, as the templates of SmolLM2 and Qwen do, and
# writes the tools and the calls.
LOQUACIOUS = (
    "{% if messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant, made by someone.<|im_end|>\n' }}"
    "{% endif %}"
    "{% if tools %}{{ tools | tojson }}{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] }}"
    "{% for call in message.tool_calls or [] %}{{ call.function | tojson }}{% endfor %}"
    "{{ '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {}}}
CALL = {
    "id": "call00001",
    "type": "function",
    "function": {"name": "find_order", "arguments": '{"id": 7}'},
}


def short_rows() -> Iterator[str]:
    for number in range(60):
        user = {"role": "user", "content": f"question {number}?"}
        system = [{"role": "system", "content": "Be brief."}] if number % 3 == 0 else []
        answer: dict[str, object] = {"role": "assistant", "content": f"answer {number}"}
        row: dict[str, object] = {"messages": [*system, user, answer]}
        if number % 5 == 0:
            answer |= {"content": "", "tool_calls": [CALL]}
            row["tools"] = [TOOL]
        yield json.dumps(row)


@pytest.mark.parametrize("template", [CHATML, LOQUACIOUS], ids=["ChatML", "adds a system prompt"])
@pytest.mark.parametrize("written_in", ["tokenizer_config.json", "chat_template.jinja"])
def test_short_rows_are_counted_with_all_that_the_template_adds(
    template: str, written_in: str
) -> None:
    # Given a model whose template is in one of the two files
    model = make_byte_tokenizer(template)
    config = {"eos_token": {"content": model.eos_token}}
    if written_in == "tokenizer_config.json":
        chat_template = ChatTemplate(json.dumps(config | {"chat_template": template}).encode())
    else:
        chat_template = ChatTemplate(json.dumps(config).encode(), template.encode())
    sink = MemorySink()

    # When
    document = prepare_dataset(
        MemoryFile("\n".join(short_rows()), "data.jsonl"),
        msgspec.convert({"checks": "basic"}, Recipe),
        sink,
        dataset="d",
        run="r",
        source_uri="s",
        tokenizer=model.backend_tokenizer.to_str().encode(),
        chat_template=chat_template,
    )

    # Then
    chat = ChatTokenizer(model)
    rows = [json.loads(line) for line in sink.files["train.jsonl"].splitlines()]
    exact = sum(
        len(chat.tokenize(row["prompt"], row["completion"], row.get("tools")).input_ids)
        for row in rows
    )
    assert document.tokens.total == exact


def test_an_estimate_from_characters_counts_marks_and_system_prompt() -> None:
    # Given short English rows and no tokenizer
    labels = ("positive", "negative")
    texts = "\n".join(f"this is a tweet with words number {n},{labels[n % 2]}" for n in range(80))

    def prepared(**recipe: str) -> int:
        return prepare_dataset(
            MemoryFile("text,label\n" + texts, "data.csv"),
            msgspec.convert({"checks": "basic", **recipe}, Recipe),
            MemorySink(),
            dataset="d",
            run="r",
            source_uri="s",
        ).tokens.total

    # When
    with_prompt, longer = prepared(system="x" * 40), prepared(system="x" * 80)

    # Then a row has its text and label, the system prompt, and the marks of three messages
    assert longer - with_prompt == 64 * 10
    assert with_prompt == pytest.approx(64 * ((41 + 8 + 40) / 4 + 3 * 5), rel=0.05)
