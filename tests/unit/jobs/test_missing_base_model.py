"""The email of a missing base model lists the models that the bucket has."""

from collections.abc import Iterator
from typing import Any, cast

from tunedrop.jobs.base_model import models_in


class Keys:
    """A bucket that holds nothing but these keys."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def keys(self, prefix: str) -> Iterator[str]:
        return iter([key for key in self._keys if key.startswith(prefix)])


def listed(*keys: str) -> str:
    return models_in(cast("Any", Keys(*keys)))


def test_the_models_that_are_there_are_listed() -> None:
    # When
    sentence = listed(
        "models/Qwen/Qwen2.5-0.5B/main/config.json",
        "models/Qwen/Qwen2.5-0.5B/main/manifest.json",
        "models/tiny/v2/manifest.json",
        "models/unfinished/main/config.json",
    )

    # Then
    assert sentence == "These base models are there: Qwen/Qwen2.5-0.5B@main, tiny@v2."


def test_a_bucket_without_models_says_so() -> None:
    assert listed("datasets/tweets/tweets.csv") == "There is no base model in the bucket."


def test_many_models_are_not_all_listed() -> None:
    # When
    sentence = listed(*(f"models/m{n}/main/manifest.json" for n in range(30)))

    # Then
    assert sentence.count("@main") == 10
    assert sentence.endswith(", ….")
