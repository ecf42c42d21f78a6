"""The sizes of a base model are read from its config.json."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tunedrop.jobs.model_shape import ModelShape, read_shape
from tunedrop.ports.store import MissingError, Store, Stored
from tunedrop.recipe.schema import Recipe

KEY = "models/HuggingFaceTB/SmolLM2-135M-Instruct/main/config.json"


def store_with(body: bytes | None) -> Store:
    def read(key: str) -> Stored:
        if body is None or key != KEY:
            raise MissingError
        return Stored(body, "")

    return cast("Store", SimpleNamespace(read=read))


@pytest.mark.parametrize("nested", [False, True])
def test_the_sizes_are_those_of_the_language_model(*, nested: bool) -> None:
    # Given the config of a model of texts, or of texts and images
    sizes: dict[str, Any] = {"hidden_size": 640, "model_type": "gemma3_text", "head_dim": 256}
    config = {"text_config": sizes, "model_type": "gemma3"} if nested else sizes

    # When
    shape = read_shape(store_with(json.dumps(config).encode()), Recipe())

    # Then
    assert shape == ModelShape(hidden_size=640, model_type="gemma3_text", head_dim=256)


@pytest.mark.parametrize("body", [None, b"{}", b'{"hidden_size": "large"}', b"no JSON"])
def test_a_config_without_sizes_tells_nothing(body: bytes | None) -> None:
    assert read_shape(store_with(body), Recipe()) is None


def test_unknown_sizes_give_no_number_of_parameters() -> None:
    assert ModelShape(hidden_size=640).adapter_parameters == 0
