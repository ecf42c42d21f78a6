"""Write a GGUF model as a Hugging Face directory: `python convert_gguf.py GGUF FOLDER`.

It takes about 20 seconds and 1 GB of memory for the demo's model.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig


def convert(gguf: Path, target: Path) -> None:
    """Write the tokenizer, and the weights in bfloat16."""
    directory, name = str(gguf.parent), gguf.name
    AutoTokenizer.from_pretrained(directory, gguf_file=name).save_pretrained(target)
    model: Any = AutoModelForCausalLM.from_pretrained(
        directory,
        gguf_file=name,
        dtype=torch.float32,
        quantization_config=GgufConfig(
            dequantize=True
        ),  # save_pretrained refuses quantized weights
    )
    model.to(torch.bfloat16).save_pretrained(target)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
