"""Choose the number type that trains faster on this processor, and keep it when a job resumes.

A current GPU computes in bfloat16 several times as fast as in float32. Of CPUs only those with
AVX512-BF16, AMX or Arm's BF16 instructions do; others emulate bfloat16 at an eighth of float32's
speed. So matrix products of the model's sizes are timed before the model is loaded.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import torch
from transformers import AutoConfig

from tuning.errors import ModelError

TOKENS: Final = (16, 64, 256)
"""Rows of the timed products, from few to as many as a small batch has tokens."""

CLEARLY_SLOWER: Final = 3.0
"""When bfloat16 takes this many times as long as float32, larger products are not timed."""

WORTH_ROUNDING: Final = 0.9
"""bfloat16 is chosen when it takes less than this share of float32's time. A smaller gain is not
worth its rounding, to about three digits."""

LARGEST_PRODUCT: Final = 1024 * 1024
"""The largest number of weights of a timed product. Larger ones have the same ratio of times."""

FILE: Final = "precision.json"
"""The file in the checkpoint folder that keeps the choice."""

_TYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Precision(NamedTuple):
    """The number type in which the model computes, and the reason for it."""

    dtype: torch.dtype
    reason: str

    @property
    def name(self) -> str:
        """`float32` or `bfloat16`."""
        return str(self.dtype).removeprefix("torch.")

    @property
    def figures(self) -> dict[str, str | int]:
        """For the log: the type, its reason, and the number of compute threads."""
        threads = torch.get_num_threads()
        return {"precision": self.name, "reason": self.reason, "threads": threads}


def choose_precision(
    model: Path, checkpoints: Path, measure: Callable[[Path], Precision] | None = None
) -> Precision:
    """Return the type that this job began with, or measure it and keep it in `checkpoints`.

    SageMaker restores the checkpoint folder when a job resumes after an interruption, perhaps on
    another kind of processor. With another type its losses would differ.

    Args:
        model: the base model's directory.
        checkpoints: the checkpoint folder.
        measure: returns the type for a model; by default measure_precision.
    """
    kept = checkpoints / FILE
    if began_with := _read(kept):
        return Precision(began_with, "the job began with it")
    precision = (measure or measure_precision)(model)
    checkpoints.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"precision": precision.name}) + "\n", encoding="utf-8")
    return precision


def _read(kept: Path) -> torch.dtype | None:
    """Return the type in the file; None when there is no file, or a kill left half of it."""
    try:
        return _TYPES.get(json.loads(kept.read_text(encoding="utf-8"))["precision"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def measure_precision(model: Path) -> Precision:
    """Time both types on this processor. On a GPU the type is bfloat16 (see device.check_device).

    Raises:
        ModelError: the model's config.json cannot be read.
    """
    if torch.cuda.is_available():
        return Precision(torch.bfloat16, "GPUs compute in it")
    width, inner = _product_sizes(model)
    single, half = time_products(width, inner)
    dtype = torch.bfloat16 if half < WORTH_ROUNDING * single else torch.float32
    return Precision(
        dtype,
        f"a product of {width} by {inner} took {single * 1e3:.2f} ms in float32 and "
        f"{half * 1e3:.2f} ms in bfloat16",
    )


def time_products(width: int, inner: int) -> tuple[float, float]:
    """Return the seconds of one product, forward and backward, in float32 and in bfloat16.

    This takes a few hundredths of a second, because it ends as soon as bfloat16 is much slower.
    """
    single = half = 0.0
    for tokens in TOKENS:
        single = _seconds(tokens, width, inner, torch.float32)
        half = _seconds(tokens, width, inner, torch.bfloat16)
        if half > CLEARLY_SLOWER * single:
            break
    return single, half


def _seconds(tokens: int, width: int, inner: int, dtype: torch.dtype) -> float:
    """Return the shortest of four runs: another process can only make a run slower."""
    inputs = torch.ones(tokens, width, dtype=dtype)
    weight = torch.ones(inner, width, dtype=dtype)
    best = float("inf")
    for _ in range(4):  # the first run also prepares the kernel
        began = time.perf_counter()
        outputs = inputs @ weight.t()
        outputs @ weight
        best = min(best, time.perf_counter() - began)
    return best


def _product_sizes(model: Path) -> tuple[int, int]:
    """Return the model's hidden size, and the size between the two products of a layer's MLP."""
    try:
        loaded = AutoConfig.from_pretrained(model, trust_remote_code=False)
        config = loaded.get_text_config()
    except (OSError, ValueError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(f"the base model's config.json cannot be read: {first_line}") from error
    width = min(config.hidden_size, 4096)
    inner = getattr(config, "intermediate_size", None)
    inner = inner if isinstance(inner, int) else 4 * width
    return width, max(1, min(inner, LARGEST_PRODUCT // width))
