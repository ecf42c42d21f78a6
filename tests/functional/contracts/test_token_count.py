"""Preparation measures the tokens that the training job counts, with an error of at most 1%."""

import json
from collections.abc import Iterator
from random import Random

import msgspec
import pytest
from transformers import PreTrainedTokenizerFast

from tests.support.builders.tiny_model import make_byte_tokenizer
from tests.support.pipeline.preparation import MemoryFile, MemorySink
from tunedrop.dataset.prepare import prepare_dataset
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
