"""What a manifest says about a model besides its files."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from fetching.errors import FetchError

LENGTH_BYTES = 8
LARGEST_HEADER = 100_000_000  # Bytes; the limit of the safetensors library.
DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}
# The names of a value in config.json: most models have the first one, GPT-2 and its kind others.
HIDDEN_SIZE = ("hidden_size", "n_embd", "d_model")
LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")


def elements(path: Path) -> Counter[str]:
    """Return the number of elements by number type, from the header of a safetensors file.

    The header is an object of JSON after its length in 8 bytes:
    https://huggingface.co/docs/safetensors/index#format

    Raises:
        FetchError: the file is not in this format.
    """
    size = path.stat().st_size - LENGTH_BYTES
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        body = file.read(length) if length <= min(size, LARGEST_HEADER) else b""
    try:
        tensors = {name: of for name, of in json.loads(body).items() if name != "__metadata__"}
        found: Counter[str] = Counter()
        for tensor in tensors.values():
            found[tensor["dtype"]] += math.prod(tensor["shape"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise FetchError(
            f"{path.name} is not in the safetensors format.",
            "Name a model with sound safetensors as base_model, then drop the file again.",
        ) from None
    return found


def described(config: Any, numbers: Counter[str]) -> dict[str, Any]:
    """Return architecture, hidden size, layers, number type, parameters and context.

    A value that config.json does not have is None. Models with pictures have their language
    model's values in `text_config`.

    Args:
        config: the content of config.json.
        numbers: the elements of all weights by number type.
    """
    whole = config if isinstance(config, dict) else {}
    text = whole.get("text_config")
    values = {**whole, **text} if isinstance(text, dict) else whole
    architectures = whole.get("architectures") or [None]
    commonest = numbers.most_common(1)
    return {
        "architecture": architectures[0] if isinstance(architectures, list) else None,
        "hidden_size": _number(values, HIDDEN_SIZE),
        "layers": _number(values, LAYERS),
        "context": _number(values, CONTEXT),
        "dtype": DTYPES.get(commonest[0][0], commonest[0][0].lower()) if commonest else None,
        "parameters": numbers.total(),
    }


def _number(values: dict[str, Any], names: tuple[str, ...]) -> int | None:
    found = (values[name] for name in names if isinstance(values.get(name), int))
    return next(found, None)
