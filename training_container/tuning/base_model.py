"""Load the base model from the `model` channel, and configure its adapter."""

from pathlib import Path
from typing import Any, NamedTuple

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
from tuning.quantization import four_bits, prepared
from tuning.speed import attention_by_segment


class LoadedModel(NamedTuple):
    """The base model's weights and tokenizer, and the adapter that is trained, if there is one."""

    weights: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    adapter: LoraConfig | None
    dtype: torch.dtype
    """The number type of the matrix products; the weights may have a more exact one."""


def require_model(directory: Path, config: TrainingConfig) -> None:
    """Check that the `model` channel is a Hugging Face directory.

    Raises:
        ModelError: it has no config.json.
    """
    if not (directory / "config.json").is_file():
        raise ModelError(
            f"the `model` channel has no Hugging Face model (config.json is missing): put the "
            f"files of {config.base_model.id} at revision {config.base_model.revision} there"
        )


def load_base_model(directory: Path, config: TrainingConfig, dtype: torch.dtype) -> LoadedModel:
    """Load the weights and the tokenizer from a Hugging Face directory, to compute in `dtype`.

    Weights that are trained themselves are kept in float32: most steps change a weight by less
    than bfloat16 tells apart. An adapter is float32 anyway.

    Raises:
        ModelError: the directory is not a causal language model that transformers can load.
        ConfigurationError: `max_length` is more than the model's context.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, trust_remote_code=False)
        model = load_weights(
            directory,
            torch.float32 if config.method == "full" else dtype,
            quantization_config=four_bits(dtype) if config.method == "qlora" else None,
        )
    except (OSError, ValueError, ImportError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(
            f"{config.base_model.id} cannot be loaded: {first_line}; choose another model"
        ) from error
    _check_context(model, config)
    if config.method == "qlora":
        model = prepared(model)
    adapter = None if config.method == "full" else lora(config.hyperparameters)
    return LoadedModel(model, tokenizer, adapter, dtype)


def load_weights(directory: Path, dtype: torch.dtype, **more: Any) -> PreTrainedModel:
    """Load the weights alone; raises what transformers raises."""
    weights: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        directory,
        trust_remote_code=False,  # The default asks on a terminal whether the code may run.
        use_safetensors=True,  # Other formats can run code when they are loaded.
        dtype=dtype,
        attn_implementation="sdpa" if torch.cuda.is_available() else attention_by_segment.NAME,
        **more,
    )
    return weights


def generation_settings(directory: Path) -> GenerationConfig | None:
    """Return the model's generation_config.json, if it has one.

    It may name end-of-turn tokens that the tokenizer does not name.
    """
    if not (directory / "generation_config.json").is_file():
        return None
    return GenerationConfig.from_pretrained(directory)


def lora(hyperparameters: Hyperparameters) -> LoraConfig:
    """Return the settings of an adapter on every linear layer except the language-model head."""
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
            f"of {config.base_model.id}'s context: set it to {context} or less in recipe.yaml"
        )
