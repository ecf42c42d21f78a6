"""Which files of a model's directory are fetched: safetensors, the configuration, the tokenizer.

Weights in other formats can run code when they are loaded, and so can Python files.
"""

from collections.abc import Callable, Collection
from typing import Any

from fetching.errors import FetchError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
SUFFIX = ".safetensors"
SETTINGS = (CONFIG, "generation_config.json")
TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tekken.json",
)
ONE_OF = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "tekken.json")
OTHER_WEIGHTS = (".bin", ".ckpt", ".gguf", ".h5", ".msgpack", ".pt", ".pth")
AGAIN = "then drop the file again."


def wanted(names: Collection[str], place: str, read: Callable[[str], Any]) -> list[str]:
    """Return the names of the files to fetch, the small ones first.

    Args:
        names: all files of the directory.
        place: where it is, for errors.
        read: returns the content of a JSON file of the directory.

    Raises:
        FetchError: the directory is no whole model with safetensors and a tokenizer.
    """
    if CONFIG not in names:
        adapter = " It is an adapter." if "adapter_config.json" in names else ""
        raise FetchError(
            f"{place} is no model directory: it has no {CONFIG}.{adapter}",
            f"Name the directory of a whole model as base_model; {AGAIN}",
        )
    if not any(name in names for name in (*ONE_OF, "spiece.model", "sentencepiece.bpe.model")):
        raise FetchError(
            f"{place} has no tokenizer (tokenizer.json, tokenizer.model or vocab.json).",
            f"Name a model with its tokenizer as base_model; {AGAIN}",
        )
    small = [name for name in (*SETTINGS, *TOKENIZER) if name in names]
    return [*small, *_weights(names, place, read)]


def _weights(names: Collection[str], place: str, read: Callable[[str], Any]) -> list[str]:
    """Return the files that transformers loads: those of the index, or the only one.

    A repository may also have the same weights once more for another program
    (`consolidated.safetensors`, folders such as `onnx/`).
    """
    if INDEX in names:
        shards = _shards(read(INDEX))
        if shards and not [name for name in shards if name not in names]:
            return [INDEX, *shards]
        raise FetchError(
            f"{INDEX} of {place} names weights that are not there.",
            f"Name a complete model as base_model; {AGAIN}",
        )
    if WEIGHTS in names:
        return [WEIGHTS]
    others = sorted(name for name in names if name.endswith(OTHER_WEIGHTS))
    found = f" It has {', '.join(others[:3])}; loading them can run code." if others else ""
    raise FetchError(
        f"{place} has no weights in the safetensors format ({WEIGHTS}).{found}",
        "Name a model or a revision with safetensors, or save this one with save_pretrained() and "
        f"name its directory as base_model: s3://…; {AGAIN}",
    )


def _shards(index: Any) -> list[str]:
    """Return the files of an index; empty if it is not one, or leads out of the directory."""
    table = index.get("weight_map") if isinstance(index, dict) else None
    files = set(table.values()) if isinstance(table, dict) else set()
    if not all(
        isinstance(name, str) and name.endswith(SUFFIX) and "/" not in name for name in files
    ):
        return []
    return sorted(files)
