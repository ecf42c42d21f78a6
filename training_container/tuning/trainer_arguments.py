"""Translate the configuration into the arguments that every trainer of transformers takes."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from tuning.base_model import LoadedModel
from tuning.configuration import Hyperparameters

LOGGED_STEPS: Final = 200
"""About how many steps of a job are logged at most. A chart does not show more."""

CHECKPOINTED_PARAMETERS: Final = 1_000_000_000
"""Models with at least this many parameters compute their activations again in the backward pass.
That takes a fifth more time, but a GPU with 24 GB could not hold the activations of such a model.
It can hold those of smaller models, and on a CPU time is scarcer than memory."""

_SCHEDULERS: Final = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
"""The name that transformers gives to each scheduler of the recipe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How many steps there are, and at which of them the trainer evaluates and logs."""

    steps: int
    steps_between_evaluations: int
    steps_between_logs: int

    @classmethod
    def plan(cls, rows: int, chosen: Hyperparameters) -> "Schedule":
        """Count the steps as transformers' Trainer does for one device."""
        forward_passes = math.ceil(rows / chosen.batch_size)
        per_epoch = math.ceil(forward_passes / chosen.gradient_accumulation_steps)
        steps = max(1, math.ceil(per_epoch * chosen.epochs))
        return cls(
            steps=steps,
            steps_between_evaluations=math.ceil(per_epoch / chosen.evaluations_per_epoch),
            steps_between_logs=max(1, steps // LOGGED_STEPS),
        )


def trainer_arguments(
    chosen: Hyperparameters, schedule: Schedule, *, checkpoints: Path, base: LoadedModel
) -> dict[str, Any]:
    """Return the arguments that do not depend on the training technique.

    Arguments that are not named here keep the library's defaults.
    """
    return {
        "output_dir": str(checkpoints),
        "max_steps": schedule.steps,
        "per_device_train_batch_size": chosen.batch_size,
        "per_device_eval_batch_size": chosen.batch_size,
        "gradient_accumulation_steps": chosen.gradient_accumulation_steps,
        "learning_rate": chosen.learning_rate,
        "lr_scheduler_type": _SCHEDULERS[chosen.scheduler],
        "warmup_steps": math.ceil(schedule.steps * chosen.warmup_fraction),
        "weight_decay": chosen.weight_decay,
        "seed": chosen.seed,
        "bf16": base.dtype == torch.bfloat16,
        "activation_checkpointing": base.weights.num_parameters() >= CHECKPOINTED_PARAMETERS,
        "use_cpu": not torch.cuda.is_available(),
        "dataloader_pin_memory": torch.cuda.is_available(),
        # Evaluations and checkpoints come at the same steps, so that the best checkpoint can be
        # loaded at the end.
        "eval_strategy": "steps",
        "eval_steps": schedule.steps_between_evaluations,
        "save_strategy": "steps",
        "save_steps": schedule.steps_between_evaluations,
        "save_total_limit": 1,  # the last checkpoint, and the best one if that is another
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "logging_steps": schedule.steps_between_logs,
        # By default the trainer leaves NaN out of the mean, and a diverging training looks healthy.
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": "none",
    }
