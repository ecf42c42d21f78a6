"""Tokens are counted with the model's own tokenizer if it is in the bucket."""

from random import Random

import msgspec
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import MemoryFile, MemorySink
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.dataset.sizing.tokens import MARKUP, SAMPLE, TOLERANCE, TokenSample, relative_error
from tunedrop.documents.dataset import TokenStatistics
from tunedrop.documents.rows import Message, Row
from tunedrop.recipe.data import RowLimits
from tunedrop.recipe.schema import Recipe


def counted(
    tokenizer: bytes | None, rows: int = 60, rows_limit: dict[str, int] | None = None
) -> tuple[TokenStatistics, MemorySink]:
    sink = MemorySink()
    document = prepare_dataset(
        MemoryFile(table(rows)),
        Recipe(rows=RowLimits(**(rows_limit or {}))),
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
    # When
    statistics, sink = counted(word_tokenizer())

    # Then
    words = Whitespace()
    exact = sum(
        sum(len(words.pre_tokenize_str(turn.content)) + MARKUP + 1 for turn in turns) - 1
        for row in sink.rows("train")
        if (turns := (*row.prompt, *row.completion))
    )
    assert (statistics.method, statistics.sample) == ("tokenizer", 48)
    assert (statistics.total, statistics.error) == (exact, 0.0)


def test_the_tokens_to_learn_are_those_of_the_answers() -> None:
    # When
    statistics, sink = counted(None)

    # Then
    rows = sink.rows("train")
    expected = sum(len(row.completion[0].content) / 4 + 1 for row in rows)
    assert abs(statistics.completion - expected) < 0.1 * expected
    assert statistics.completion < statistics.total / 4


def test_a_sample_is_enough_for_a_large_file() -> None:
    # When
    statistics, sink = counted(word_tokenizer(), rows=9_000)

    # Then
    assert SAMPLE / 2 * 0.9 <= statistics.sample <= SAMPLE
    assert statistics.error is not None
    assert 0 < statistics.error <= TOLERANCE
    assert len(sink.rows("train")) == 8_000


def test_all_training_rows_are_counted_when_they_are_few() -> None:
    # When
    statistics, _ = counted(word_tokenizer(), rows=9_000, rows_limit={"max_train": 50})

    # Then
    assert (statistics.sample, statistics.error) == (50, 0.0)


def test_the_same_file_has_the_same_token_statistics_every_time() -> None:
    assert counted(word_tokenizer(), rows=9_000)[0] == counted(word_tokenizer(), rows=9_000)[0]


def test_more_rows_are_counted_when_their_lengths_differ_too_much() -> None:
    # Given
    chance = Random(5)  # noqa: S311 - the same file on every run
    sample = TokenSample(word_tokenizer(), 12_000)

    # When
    for at in range(12_000):
        text = "x" * 400 if chance.random() < 0.5 else "a " * chance.randint(20, 200)
        turns = [Message("user", text)], [Message("assistant", "ok")]
        sample.count(at, msgspec.json.encode(Row(at, *turns)))

    # Then
    assert relative_error(sample.counted[:SAMPLE]) > TOLERANCE
    assert len(sample.counted) == 12_000


@pytest.mark.parametrize("tokenizer", [None, b"no tokenizer"])
def test_tokens_are_estimated_from_characters_without_a_tokenizer(tokenizer: bytes | None) -> None:
    # When
    statistics, _ = counted(tokenizer)

    # Then
    assert (statistics.method, statistics.sample) == ("characters", 0)
    assert statistics.total > 0
