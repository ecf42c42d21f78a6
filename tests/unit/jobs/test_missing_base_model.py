"""The error of a missing base model lists the models that the bucket has."""

from collections.abc import Iterator
from typing import cast

import pytest

from tunedrop.errors import BaseModelError
from tunedrop.jobs.base_model import read_manifest
from tunedrop.ports.store import MissingError, Store, Stored
from tunedrop.recipe.schema import Recipe


class Keys:
    """A bucket that holds nothing but these keys."""

    name = "bucket"

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def read(self, key: str) -> Stored:
        raise MissingError(key)

    def keys(self, prefix: str) -> Iterator[str]:
        return iter([key for key in self._keys if key.startswith(prefix)])


def refused(*keys: str) -> BaseModelError:
    with pytest.raises(BaseModelError) as caught:
        read_manifest(cast("Store", Keys(*keys)), Recipe())
    return caught.value


def test_the_models_that_are_there_are_listed() -> None:
    # When
    error = refused(
        "models/Qwen/Qwen2.5-0.5B/main/config.json",
        "models/Qwen/Qwen2.5-0.5B/main/manifest.json",
        "models/tiny/v2/manifest.json",
        "models/unfinished/main/config.json",
    )

    # Then
    assert "These base models are there: Qwen/Qwen2.5-0.5B@main, tiny@v2." in error.remedy


def test_a_bucket_without_models_says_so() -> None:
    assert "There is no base model in the bucket." in refused().remedy


def test_many_models_are_not_all_listed() -> None:
    # When
    error = refused(*(f"models/m{n}/main/manifest.json" for n in range(30)))

    # Then
    assert error.remedy.count("@main") == 10
    assert error.remedy.endswith(", ….")
