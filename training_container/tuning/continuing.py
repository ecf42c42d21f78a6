"""Start the training from the adapter of an earlier run, which comes through `adapter`."""

from pathlib import Path

from peft import set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import Trainer

from tuning.configuration import TrainingConfig
from tuning.errors import ModelError
from tuning.progress import log_line
from tuning.strict_json import read_json


def start_from(directory: Path, trainer: Trainer, config: TrainingConfig) -> None:
    """Give the trainer's new adapter the weights of an earlier one, if the job has the channel.

    Raises:
        ModelError: the earlier adapter is of another base model or rank, or has other layers.
    """
    if not directory.exists():
        return
    settings = read_json(directory / "adapter_config.json")
    base, rank = config.base_model, config.hyperparameters.lora_rank
    found = tuple(settings[key] for key in ("base_model_name_or_path", "revision", "r"))
    if found != (base.id, base.revision, rank):
        raise ModelError(
            f"the adapter to start from is of {found[0]}@{found[1]} with rank {found[2]}, and this "
            f"training is of {base.id}@{base.revision} with rank {rank}: name another run in "
            "base_model"
        )
    model = trainer.accelerator.unwrap_model(trainer.model)
    weights = load_file(directory / "adapter_model.safetensors")
    result = set_peft_model_state_dict(model, weights)
    missing = [name for name in result.missing_keys if "lora_" in name]
    if missing or result.unexpected_keys:
        raise ModelError(
            "the adapter to start from has other layers than this base model: name another run in "
            "base_model"
        )
    log_line(event="continued", tensors=len(weights))
