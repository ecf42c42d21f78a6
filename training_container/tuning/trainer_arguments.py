"""Translate our configuration into TRL's."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel
from trl import SFTConfig

from tuning.configuration import Hyperparameters

LOGGED_STEPS = 200
"""About how many steps of a job are logged at most: enough for any chart."""

CHECKPOINTED_PARAMETERS = 1_000_000_000
"""From this size on, activations are recomputed in the backward pass: a fifth slower, but a 24 GB
GPU would not hold them; below it they fit, and on a CPU time is what is short."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How many steps there are, and at which of them something happens."""

    steps: int
    steps_between_evaluations: int
    steps_between_logs: int

    @classmethod
    def plan(cls, rows: int, chosen: Hyperparameters) -> "Schedule":
        """Count steps as transformers' Trainer does for one device."""
        forward_passes = math.ceil(rows / chosen.batch_size)
        per_epoch = math.ceil(forward_passes / chosen.gradient_accumulation_steps)
        steps = max(1, math.ceil(per_epoch * chosen.epochs))
        return cls(
            steps=steps,
            steps_between_evaluations=math.ceil(per_epoch / chosen.evaluations_per_epoch),
            steps_between_logs=max(1, steps // LOGGED_STEPS),
        )


def trainer_arguments(
    chosen: Hyperparameters, schedule: Schedule, *, checkpoints: Path, base: PreTrainedModel
) -> SFTConfig:
    """Everything SFTTrainer is told; what is not named here is TRL's default."""
    return SFTConfig(
        output_dir=str(checkpoints),
        max_steps=schedule.steps,
        per_device_train_batch_size=chosen.batch_size,
        per_device_eval_batch_size=chosen.batch_size,
        gradient_accumulation_steps=chosen.gradient_accumulation_steps,
        learning_rate=chosen.learning_rate,
        lr_scheduler_type=_SCHEDULERS[chosen.scheduler],
        warmup_steps=math.ceil(schedule.steps * chosen.warmup_fraction),
        weight_decay=chosen.weight_decay,
        seed=chosen.seed,
        bf16=base.dtype == torch.bfloat16,
        activation_checkpointing=base.num_parameters() >= CHECKPOINTED_PARAMETERS,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        # Rows are laid end to end instead of padded. It wants max_length=None: they already fit.
        padding_free=True,
        max_length=None,
        # Validation loss and checkpoint fall together, so that the best one can be gone back to.
        eval_strategy="steps",
        eval_steps=schedule.steps_between_evaluations,
        save_strategy="steps",
        save_steps=schedule.steps_between_evaluations,
        save_total_limit=1,  # and the best one, if that is another
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        # The true loss, at every step when the job is short: a NaN must show, not be averaged away.
        logging_steps=schedule.steps_between_logs,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
    )


_SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
