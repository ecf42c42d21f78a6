"""Every example of a format, dropped through the whole prepare stage."""

from pathlib import Path

import msgspec
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from tests.support.pipeline.stack import Stack
from tunedrop.documents.dataset import Dataset
from tunedrop.jobs.base_model import model_prefix
from tunedrop.recipe.schema import Recipe

FORMATS = Path(__file__).parents[3] / "examples" / "formats"
NOT_TRAINABLE = ("handbook.md", "kto.jsonl", "preference.jsonl", "preference-messages.jsonl")


@pytest.mark.parametrize("path", sorted(FORMATS.iterdir()), ids=lambda path: path.name)
def test_every_row_of_an_example_is_accounted_for(stack: Stack, path: Path) -> None:
    # Given
    key = f"datasets/example/{path.name}"
    stack.drop(key, path.read_bytes())

    # When
    folder = stack.prepare(key)["run"]

    # Then
    splits = {
        name: stack.read(f"{folder}/dataset/{name}.jsonl").count(b"\n")
        for name in ("train", "validation", "test", "rejected")
    }
    assert sum(splits.values()) == (61 if path.name == "handbook.md" else 30)  # paragraphs
    if path.name in NOT_TRAINABLE:
        run = stack.run(folder)
        assert run.error is not None
        assert "training is not built yet" in run.error.message
        return
    document = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    rows = msgspec.to_builtins(document.rows)
    assert rows == {"in": 30, "duplicates": 0, "not_sampled": 0, **splits}
    assert b"30 rows went" in stack.read(f"{folder}/dataset/dataset.html")


def test_tokens_are_counted_with_the_base_models_tokenizer(stack: Stack) -> None:
    # Given the tokenizer of the base model in the bucket
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    stack.drop(f"{model_prefix(Recipe())}tokenizer.json", tokenizer.to_str().encode())
    key = "datasets/example/chat-messages.jsonl"
    stack.drop(key, (FORMATS / "chat-messages.jsonl").read_bytes())

    # When
    folder = stack.prepare(key)["run"]

    # Then
    document = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    assert (document.tokens.method, document.tokens.sample) == ("tokenizer", 24)
