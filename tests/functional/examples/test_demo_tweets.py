"""The demo's tweets, prepared in full: real data with real defects."""

from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import ftfy.badness
import msgspec
import pytest

from examples.demo import tweets as demo
from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.dataset.duplicates.keys import plain
from tunedrop.dataset.duplicates.near import shingles_of, similarity
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.rows import Row

RECIPE = Path(__file__).parents[3] / "examples" / "tweets" / "recipe.yaml"
ALL = 1_000_000
SPLITS = ("train", "validation", "test")


class Tweets(NamedTuple):
    """The document and the files that the preparation wrote."""

    document: Dataset
    sink: MemorySink

    def placed(self) -> dict[str, list[Row]]:
        return {split: self.sink.rows(split) for split in SPLITS}


@pytest.fixture(scope="module")
def tweets(tmp_path_factory: pytest.TempPathFactory) -> Tweets:
    """The demo's file, prepared with its recipe but without the limits on the number of rows."""
    content = demo.provide(tmp_path_factory.mktemp("demo") / "tweets.csv").read_bytes()
    recipe: dict[str, Any] = msgspec.yaml.decode(RECIPE.read_bytes())
    recipe["rows"] = {"max_train": ALL, "max_validation": ALL, "max_test": ALL}
    document, sink = prepare(content, "tweets.csv", **recipe)
    return Tweets(document, sink)


def test_the_row_counts_of_the_tweets_add_up(tweets: Tweets) -> None:
    # Given
    counts, lines = tweets.document.rows, Counter[str]()
    for name, content in tweets.sink.files.items():
        lines[name.removesuffix(".jsonl")] = len(content.splitlines())

    # Then
    assert counts.source == 38_158  # as README.md says
    assert lines == {split: getattr(counts, split) for split in (*SPLITS, "rejected")}
    assert counts.source == sum(lines.values()) + counts.duplicates + counts.not_sampled
    numbers = [row.row for rows in tweets.placed().values() for row in rows]
    numbers += [rejected.row for rejected in tweets.sink.rejected]
    assert len(set(numbers)) == len(numbers) == counts.source - counts.duplicates
    labels = {
        split: dict(Counter(row.answer for row in tweets.sink.rows(split))) for split in SPLITS
    }
    assert labels == {split: tweets.document.splits[split].labels for split in SPLITS}


def test_no_tweet_is_written_with_a_broken_encoding(tweets: Tweets) -> None:
    # Given
    texts = [row.prompt[-1].content for rows in tweets.placed().values() for row in rows]

    # Then
    assert [text for text in texts if ftfy.badness.is_bad(text)] == []
    assert tweets.document.rejected_reasons["invalid_encoding"] > 1_000


def test_no_duplicate_tweet_is_in_two_splits(tweets: Tweets) -> None:
    # Given
    places: dict[bytes, set[str]] = defaultdict(set)
    for split, rows in tweets.placed().items():
        for row in rows:
            places[plain(row.prompt[-1].content)].add(split)

    # Then
    assert all(len(splits) == 1 for splits in places.values())


def test_near_duplicate_tweets_are_in_one_split(tweets: Tweets) -> None:
    # Given
    rows = [
        (split, row.prompt[-1].content) for split, found in tweets.placed().items() for row in found
    ]
    shingles = [shingles_of(text) for _, text in rows]
    with_shingle: dict[str, list[int]] = defaultdict(list)
    for at, found in enumerate(shingles):
        for shingle in found:
            with_shingle[shingle].append(at)
    pairs = {
        pair
        for positions in with_shingle.values()
        if len(positions) <= 20
        for pair in combinations(positions, 2)
    }
    similar = [pair for pair in pairs if similarity(*(shingles[at] for at in pair)) >= 0.9]
    apart = [pair for pair in similar if len({rows[at][0] for at in pair}) == 2]

    # Then
    assert len(similar) > 20
    assert apart == []  # The search is approximate, so it may miss some pairs.
