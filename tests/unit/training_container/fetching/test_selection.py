from typing import Any

import pytest

from fetching.errors import FetchError
from fetching.selection import wanted

WHOLE = {"config.json", "tokenizer.json", "model.safetensors"}


def chosen(names: set[str], index: Any = None) -> list[str]:
    return wanted(names, "hub/me/x", lambda _name: index)


def test_weights_of_other_programs_and_code_are_left_out() -> None:
    # Given
    others = {"consolidated.safetensors", "onnx/model.onnx", "modeling.py", "pytorch_model.bin"}

    # When
    names = chosen(WHOLE | others | {"chat_template.jinja", "README.md"})

    # Then
    assert names == ["config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (WHOLE - {"config.json"}, "no config.json"),
        ({"adapter_config.json", "adapter_model.safetensors"}, "adapter"),
        (WHOLE - {"tokenizer.json"}, "no tokenizer"),
        (WHOLE - {"model.safetensors"}, "no weights in the safetensors format"),
        (WHOLE - {"model.safetensors"} | {"pytorch_model.bin"}, "pytorch_model.bin"),
    ],
)
def test_a_directory_that_is_no_whole_model_is_refused(names: set[str], words: str) -> None:
    # When
    with pytest.raises(FetchError, match=words) as raised:
        chosen(names)

    # Then
    assert "hub/me/x" in raised.value.message
    assert "drop the file again" in raised.value.remedy


@pytest.mark.parametrize(
    "index",
    [
        [],
        {},
        {"weight_map": {}},
        {"weight_map": {"a": "missing.safetensors"}},
        {"weight_map": {"a": "../../runs/x.safetensors"}},
        {"weight_map": {"a": 1}},
    ],
)
def test_an_index_that_names_other_files_is_refused(index: Any) -> None:
    # Given
    names = {"config.json", "tokenizer.json", "model.safetensors.index.json", "a.safetensors"}

    # When
    with pytest.raises(FetchError, match="names weights that are not there"):
        chosen(names, index)
