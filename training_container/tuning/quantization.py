"""QLoRA: the base model's frozen weights in four bits, beside an adapter in float32.

Dettmers et al. 2023, https://arxiv.org/abs/2305.14314
"""

from typing import Any, Final

import torch
from peft import prepare_model_for_kbit_training
from transformers import BitsAndBytesConfig

FORMAT: Final = "nf4"
"""The number type of the weights: sixteen values, spaced for normally distributed weights."""


def four_bits(dtype: torch.dtype) -> BitsAndBytesConfig:
    """Return how the weights are stored; `dtype` is the number type of the matrix products.

    The scales of the blocks of weights are quantized too (double quantization), which saves about
    0.4 bits a weight (section 3 of the paper).
    """
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]  # no types there
        load_in_4bit=True,
        bnb_4bit_quant_type=FORMAT,
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def prepared(model: Any) -> Any:
    """Return the quantized model with its weights frozen, and norms and embeddings in float32.

    The trainer itself turns on that activations are computed again.
    """
    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)


def keep_adapter_exact(model: Any) -> None:
    """Put the trained weights into float32, as those of an adapter on other weights are.

    TRL has those of a quantized model in bfloat16, where most steps change a weight by less than
    bfloat16 tells apart.
    """
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
