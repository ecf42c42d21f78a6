"""Load the base model from the `model` channel, and say which adapter goes on it."""

from pathlib import Path
from typing import NamedTuple

import torch
from peft import LoraConfig, TaskType
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from tuning.configuration import Hyperparameters, TrainingConfig
from tuning.errors import ConfigurationError, ModelError
from tuning.speed import attention_by_segment


class LoadedModel(NamedTuple):
    """The base model's weights and its tokenizer."""

    weights: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


def require_model(directory: Path, config: TrainingConfig) -> None:
    """Raise ModelError when the `model` channel holds no Hugging Face directory."""
    if not (directory / "config.json").is_file():
        raise ModelError(
            f"the `model` channel holds no Hugging Face model (config.json is missing): put the "
            f"files of {config.base_model.id} at revision {config.base_model.revision} there"
        )


def load_base_model(directory: Path, config: TrainingConfig, dtype: torch.dtype) -> LoadedModel:
    """Load weights in `dtype`, and the tokenizer, from a Hugging Face directory.

    Raises:
        ModelError: when the directory does not hold a loadable causal language model.
        ConfigurationError: when rows may be longer than the model's context.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory)
        model = AutoModelForCausalLM.from_pretrained(
            directory,
            dtype=dtype,
            attn_implementation="sdpa" if torch.cuda.is_available() else attention_by_segment.NAME,
        )
    except (OSError, ValueError, ImportError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(f"{config.base_model.id} cannot be loaded: {first_line}") from error
    _check_context(model, config)
    return LoadedModel(model, tokenizer)


def generation_settings(directory: Path) -> GenerationConfig | None:
    """The model's generation_config.json, if it has one: it may name more end-of-turn tokens."""
    if not (directory / "generation_config.json").is_file():
        return None
    return GenerationConfig.from_pretrained(directory)


def lora(hyperparameters: Hyperparameters) -> LoraConfig:
    """Adapter on every linear layer except the language-model head."""
    return LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        target_modules="all-linear",
        r=hyperparameters.lora_rank,
        lora_alpha=hyperparameters.lora_alpha,
        lora_dropout=hyperparameters.lora_dropout,
    )


def _check_context(model: PreTrainedModel, config: TrainingConfig) -> None:
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    wanted = config.hyperparameters.max_length
    if context is not None and wanted > context:
        raise ConfigurationError(
            f"hyperparameters: max_length {wanted} is more than the {context} tokens "
            f"{config.base_model.id} can read: set it to {context} or less"
        )
