"""A Hugging Face directory made by hand, too small to load, with sound safetensors."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONFIG: Mapping[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "max_position_embeddings": 1024,
}
BYTES = {"BF16": 2, "F32": 4}


def safetensors(shapes: Mapping[str, tuple[int, ...]], dtype: str = "BF16") -> bytes:
    """Return a safetensors file with tensors of zeros.

    https://huggingface.co/docs/safetensors/index#format
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        begin = end
        end += BYTES[dtype] * (shape[0] * shape[1] if len(shape) > 1 else shape[0])
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(end)


def make_model_directory(folder: Path, **files: bytes | None) -> Path:
    """Write a directory with configuration, tokenizer and one file of weights.

    `files` adds files (`__` stands for a full stop), and leaves out those that are None.
    """
    content: dict[str, bytes | None] = {
        "config.json": json.dumps(CONFIG).encode(),
        "generation_config.json": b"{}",
        "tokenizer.json": b'{"version": "1.0"}',
        "tokenizer_config.json": b"{}",
        "model.safetensors": safetensors({"embed": (100, 64), "norm": (64,)}),
        "README.md": b"about the model",
        "pytorch_model.bin": b"a pickle",
        "modeling_own.py": b"print('code')",
        **{name.replace("__", "."): body for name, body in files.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in content.items():
        if body is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(body)
    return folder
