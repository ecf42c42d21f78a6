"""The manifest of a base model: safetensors are the only weights."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tunedrop.errors import BaseModelError
from tunedrop.jobs.base_model import read_manifest
from tunedrop.ports.store import Stored
from tunedrop.recipe.schema import Recipe


def manifest(*names: str) -> Any:
    """Return a bucket whose only object is a manifest of files with these names."""
    files = [{"name": name, "size": 200, "sha256": "0" * 64} for name in names]
    document = {"version": 1, "id": "m", "revision": "main", "files": files}
    stored = Stored(json.dumps(document).encode(), "etag")
    return SimpleNamespace(name="bucket", read=lambda _key: stored)


def test_safetensors_alone_count_as_parameters() -> None:
    # When
    found = read_manifest(manifest("a.safetensors", "b.safetensors", "config.json"), Recipe())

    # Then
    assert found.parameters == 200


@pytest.mark.parametrize("name", ["pytorch_model.bin", "deep/Model.PT", "flax_model.msgpack"])
def test_weights_in_another_format_are_refused_by_name(name: str) -> None:
    # When
    with pytest.raises(BaseModelError) as caught:
        read_manifest(manifest("model.safetensors", name), Recipe())

    # Then
    assert f"names {name}, which is not in the safetensors format" in caught.value.message
    assert "save_pretrained()" in caught.value.remedy


def test_a_model_without_weights_is_refused() -> None:
    with pytest.raises(BaseModelError, match=r"names no weights \(\*.safetensors\)"):
        read_manifest(manifest("config.json"), Recipe())
