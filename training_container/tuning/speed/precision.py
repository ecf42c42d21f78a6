"""Find out which number type trains faster on this processor, and keep to it when resumed.

A GPU of today computes in bfloat16 several times as fast as in float32. Of CPUs only those with
AVX512-BF16, AMX or Arm's BF16 instructions do; on others bfloat16 is emulated at an eighth of
float32's speed. So the products of the model's own sizes are timed before it is loaded.
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
"""Rows of the products, from few to as many as a small batch has tokens."""

CLEARLY_SLOWER: Final = 3.0
"""A type that takes so many times as long with few rows is not tried with more."""

WORTH_ROUNDING: Final = 0.9
"""bfloat16 rounds to three digits; it must take less than this part of float32's time."""

LARGEST_PRODUCT: Final = 1024 * 1024
"""Weights of the product at most: of a larger model a part is timed, which tells as much."""

FILE: Final = "precision.json"
_TYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Precision(NamedTuple):
    """The number type in which the model computes, and why."""

    dtype: torch.dtype
    reason: str

    @property
    def name(self) -> str:
        """`float32` or `bfloat16`."""
        return str(self.dtype).removeprefix("torch.")

    @property
    def figures(self) -> dict[str, str | int]:
        """For the log: the type, why it was taken, and the compute threads."""
        threads = torch.get_num_threads()
        return {"precision": self.name, "reason": self.reason, "threads": threads}


def choose_precision(
    model: Path, checkpoints: Path, measure: Callable[[Path], Precision] | None = None
) -> Precision:
    """Take the type that this job has begun with, or else measure; remember it in `checkpoints`.

    SageMaker restores the checkpoint folder when a job goes on after an interruption, perhaps on
    another kind of processor: in another type its losses would differ.
    """
    kept = checkpoints / FILE
    if began_with := _read(kept):
        return Precision(began_with, "the job began with it")
    precision = (measure or measure_precision)(model)
    checkpoints.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"precision": precision.name}) + "\n", encoding="utf-8")
    return precision


def _read(kept: Path) -> torch.dtype | None:
    """Return the kept type; None when none is kept, or a kill cut the file off."""
    try:
        return _TYPES.get(json.loads(kept.read_text(encoding="utf-8"))["precision"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def measure_precision(model: Path) -> Precision:
    """Time both types on this processor; a GPU computes in bfloat16 (see device.check_device).

    Raises:
        ModelError: when the model's config.json cannot be read.
    """
    if torch.cuda.is_available():
        return Precision(torch.bfloat16, "a GPU computes in it")
    width, inner = _product_sizes(model)
    single, half = time_products(width, inner)
    dtype = torch.bfloat16 if half < WORTH_ROUNDING * single else torch.float32
    return Precision(
        dtype,
        f"a product of {width} by {inner} took {single * 1e3:.2f} ms in float32 and "
        f"{half * 1e3:.2f} ms in bfloat16",
    )


def time_products(width: int, inner: int) -> tuple[float, float]:
    """Return the seconds that one product takes forward and backward in float32 and bfloat16.

    It takes a few hundredths of a second, for bfloat16 is given up as soon as it is clearly slower.
    """
    single = half = 0.0
    for tokens in TOKENS:
        single = _seconds(tokens, width, inner, torch.float32)
        half = _seconds(tokens, width, inner, torch.bfloat16)
        if half > CLEARLY_SLOWER * single:
            break
    return single, half


def _seconds(tokens: int, width: int, inner: int, dtype: torch.dtype) -> float:
    """The best of three runs: another process can only make a run slower."""
    inputs = torch.ones(tokens, width, dtype=dtype)
    weight = torch.ones(inner, width, dtype=dtype)
    best = float("inf")
    for _ in range(4):  # the first run also makes the kernel
        began = time.perf_counter()
        outputs = inputs @ weight.t()
        outputs @ weight
        best = min(best, time.perf_counter() - began)
    return best


def _product_sizes(model: Path) -> tuple[int, int]:
    """The model's hidden size and that between the two products of a layer's MLP."""
    try:
        config = AutoConfig.from_pretrained(model).get_text_config()
    except (OSError, ValueError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(f"the base model's config.json cannot be read: {first_line}") from error
    width = min(config.hidden_size, 4096)
    inner = getattr(config, "intermediate_size", None)
    inner = inner if isinstance(inner, int) else 4 * width
    return width, max(1, min(inner, LARGEST_PRODUCT // width))
