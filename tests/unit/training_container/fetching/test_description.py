import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fetching.description import described, elements
from fetching.errors import FetchError


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"hidden_size": 8, "num_hidden_layers": 3, "max_position_embeddings": 64}, (8, 3, 64)),
        ({"n_embd": 8, "n_layer": 3, "n_positions": 64}, (8, 3, 64)),
        ({"text_config": {"hidden_size": 8, "num_hidden_layers": 3}}, (8, 3, None)),
        ([], (None, None, None)),
    ],
)
def test_sizes_are_found_under_the_names_of_each_architecture(
    config: Any, expected: tuple[int | None, ...]
) -> None:
    # When
    found = described(config, Counter(BF16=12, F32=2))

    # Then
    assert (found["hidden_size"], found["layers"], found["context"]) == expected
    assert (found["dtype"], found["parameters"]) == ("bfloat16", 14)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04a pickle that only has the name",
        struct.pack("<Q", 1 << 60) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 12) + b'{"a": "no"} ',
    ],
)
def test_a_file_that_only_has_the_name_of_safetensors_is_refused(
    tmp_path: Path, content: bytes
) -> None:
    # Given
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)

    # When
    with pytest.raises(FetchError, match=r"model\.safetensors is not in the safetensors format"):
        elements(file)
