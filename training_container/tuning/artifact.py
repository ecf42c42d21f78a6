"""Write the model artifact: the adapter, the tokenizer and a summary of the training."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from peft import PeftModel
from transformers import PreTrainedTokenizerBase, Trainer, TrainerState

from container_folders import ContainerFolders
from tuning.base_model import LoadedModel, load_weights
from tuning.configuration import TrainingConfig
from tuning.progress import figures_of

SUMMARY_VERSION: Final = 1
"""The version of training_summary.json."""

CURVE_POINTS: Final = 200
"""The largest number of training losses in the summary. The report's chart shows no more."""

PACKAGES: Final = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")
"""Packages whose versions are in the summary."""


def save_adapter(
    trainer: Trainer, tokenizer: PreTrainedTokenizerBase, config: TrainingConfig, folder: Path
) -> None:
    """Save the adapter as safetensors, with the base model's id instead of the folder's path.

    If all weights were trained, they are saved instead.
    """
    adapter = trainer.accelerator.unwrap_model(trainer.model)
    tokenizer.save_pretrained(folder)
    if not isinstance(adapter, PeftModel):
        adapter.save_pretrained(folder)
        # The endpoint serves the base weights first, with the template of the training.
        (folder / "template").mkdir(exist_ok=True)
        shutil.copy(folder / "chat_template.jinja", folder / "template")
        return
    settings = adapter.peft_config["default"]
    settings.base_model_name_or_path = config.base_model.id
    settings.revision = config.base_model.revision
    settings.target_modules = sorted(settings.target_modules)  # a set has no fixed order
    # The embeddings are not tuned. With "auto", PEFT would look for the base model on the network.
    adapter.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's model card is an empty form


def save_merged(
    trainer: Trainer, base: LoadedModel, config: TrainingConfig, folders: ContainerFolders
) -> None:
    """Save the base model with the saved adapter merged into its weights, as safetensors.

    The weights have the number type of the training. Weights in four bits are read again without
    quantization, as the endpoint serves them, because four bits cannot hold the adapter's changes.
    The trainer's model is merged in place, so nothing may be trained or saved from it afterwards.
    """
    tuned = trainer.accelerator.unwrap_model(trainer.model)
    if config.method == "qlora":
        weights = load_weights(folders.channel("model"), base.dtype)
        tuned = PeftModel.from_pretrained(weights, folders.model)
    folder = folders.model / "merged"
    tuned.merge_and_unload().save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)


def save_summary(
    state: TrainerState,
    *,
    config: TrainingConfig,
    figures: dict[str, Any],
    seconds: float,
    folder: Path,
) -> None:
    """Write training_summary.json.

    Args:
        state: the trainer's state after the training.
        config: the job's configuration.
        figures: more entries. `train_tokens` counts one pass over the training rows. `tool_calls`
            tells whether the chat template wrote tool calls or they were written as text; requests
            to the endpoint must do the same. `precision` is the number type of the training.
        seconds: the duration of this process, without what ran before a spot interruption.
        folder: where the summary is written.
    """
    losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
    summary = {
        "version": SUMMARY_VERSION,
        "steps": state.global_step,
        "planned_steps": state.max_steps,
        "epochs": round(state.epoch or 0.0, 4),
        "best_step": state.best_global_step,
        "best_eval_loss": state.best_metric,
        **best_figures(state),
        "first_loss": losses[0],
        "last_loss": losses[-1],
        **figures,
        "seed": config.hyperparameters.seed,
        "curve": loss_curve(state.log_history),
        "packages": {name: version(name) for name in PACKAGES},
        "seconds": round(seconds, 1),
    }
    text = json.dumps(summary, indent=2) + "\n"
    (folder / "training_summary.json").write_text(text, encoding="utf-8")


def best_figures(state: TrainerState) -> dict[str, float]:
    """Return the further figures of the best step's validation: eval_reward_margin, …."""
    for entry in state.log_history:
        if entry["step"] == state.best_global_step and "eval_loss" in entry:
            return figures_of(entry, "eval_")
    return {}


def loss_curve(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the losses by step: every validation loss, at most CURVE_POINTS training losses."""
    points = [entry for entry in history if "loss" in entry]
    every = -(-len(points) // CURVE_POINTS) or 1
    kept = [*points[::every], *(entry for entry in history if "eval_loss" in entry)]
    return [
        {"step": entry["step"], name: entry[name]}
        for entry in sorted(kept, key=lambda entry: entry["step"])
        for name in ("loss", "eval_loss")
        if name in entry
    ]
