"""The sizes of a base model are read from its config.json, or else from its manifest."""

import json
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from tunedrop.jobs.base_model import Manifest
from tunedrop.jobs.model_shape import ModelShape, read_shape
from tunedrop.ports.store import MissingError, Store, Stored
from tunedrop.recipe.schema import Recipe

NOTHING = Manifest(version=1, id="a/b", revision="main", files=[])
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
    shape = read_shape(store_with(json.dumps(config).encode()), Recipe(), NOTHING)

    # Then
    assert shape == ModelShape(hidden_size=640, model_type="gemma3_text", head_dim=256)


@pytest.mark.parametrize("body", [None, b"{}", b'{"hidden_size": "large"}', b"no JSON"])
def test_a_config_without_sizes_tells_nothing(body: bytes | None) -> None:
    assert read_shape(store_with(body), Recipe(), NOTHING) is None


@pytest.mark.parametrize("body", [None, b'{"n_embd": 768, "n_layer": 12, "n_positions": 1024}'])
def test_the_manifest_tells_the_sizes_that_the_config_does_not(body: bytes | None) -> None:
    # Given
    manifest = msgspec.structs.replace(
        NOTHING,
        version=2,
        architecture="GPT2LMHeadModel",
        hidden_size=768,
        layers=12,
        context=1024,
    )

    # When
    shape = read_shape(store_with(body), Recipe(), manifest)

    # Then
    assert shape == ModelShape(
        hidden_size=768,
        model_type="GPT2LMHeadModel",
        num_hidden_layers=12,
        max_position_embeddings=1024,
    )


def test_unknown_sizes_give_no_number_of_parameters() -> None:
    assert ModelShape(hidden_size=640).adapter_parameters == 0
