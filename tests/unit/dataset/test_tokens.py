"""Tokens are counted with the model's own tokenizer where it is at hand."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from tests.unit.dataset.memory import MemoryFile, MemorySink, table
from tunedrop.dataset.document import TokenStatistics
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.dataset.statistics import MARKUP
from tunedrop.recipe import Recipe


def counted(tokenizer: bytes | None, rows: int = 60) -> tuple[TokenStatistics, MemorySink]:
    sink = MemorySink()
    document = prepare_dataset(
        MemoryFile(table(rows)),
        Recipe(),
        sink,
        dataset="d",
        run="r",
        source_uri="s",
        tokenizer=tokenizer,
    )
    return document.tokens, sink


def word_tokenizer() -> bytes:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer.to_str().encode()


def test_the_total_is_what_the_tokenizer_counts() -> None:
    statistics, sink = counted(word_tokenizer())
    words = Whitespace()
    exact = sum(
        len(words.pre_tokenize_str(message.content)) + MARKUP
        for row in sink.rows("train")
        for message in (*row.prompt, *row.completion)
    )
    assert (statistics.method, statistics.sample) == ("tokenizer", 48)
    assert statistics.total == pytest.approx(exact, rel=0.03)


def test_a_sample_is_enough_for_a_large_file() -> None:
    statistics, sink = counted(word_tokenizer(), rows=9_000)
    assert 1_500 <= statistics.sample <= 2_500
    assert len(sink.rows("train")) == 8_000


@pytest.mark.parametrize("tokenizer", [None, b"no tokenizer"])
def test_without_a_tokenizer_characters_are_the_estimate(tokenizer: bytes | None) -> None:
    statistics, _ = counted(tokenizer)
    assert (statistics.method, statistics.sample) == ("characters", 0)
    assert statistics.total > 0
