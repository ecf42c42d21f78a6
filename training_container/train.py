#!/usr/bin/env python3
"""Fine-tune a model inside a SageMaker training job.

The program reads the configuration, loads the base model, tokenizes the rows so that each fits,
checks that each row can be learned from, tries learning rates if it is to, trains while it measures
the validation loss, and leaves the best checkpoint's adapter, or all its weights, and a summary as
the model artifact. A job that is started again resumes from its last complete checkpoint and logs
the same losses as a job that never stopped.

In the image it is the program `train`. Elsewhere, with the folders of /opt/ml made in `ml`:

    SAGEMAKER_BASE_DIR=ml python training_container/train.py
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import Trainer

from container_folders import ContainerFolders
from tuning.artifact import save_adapter, save_merged, save_summary
from tuning.base_model import LoadedModel, generation_settings, load_base_model, require_model
from tuning.channels import load_channel
from tuning.chat_tokenizer import ChatTokenizer
from tuning.checkpoints import checkpoint_folder, latest_complete, step_of, train_from
from tuning.configuration import TrainingConfig
from tuning.continuing import start_from
from tuning.device import check_device
from tuning.early_stopping import EarlyStopping
from tuning.ending import StopRequested, report_failure, report_stop, stop_on_sigterm
from tuning.mixing import mixed, sample_for
from tuning.objectives.registry import Objective, objective_of
from tuning.probe.outcome import Outcome
from tuning.probe.trials import Probe
from tuning.progress import log_line
from tuning.quantization import FORMAT, keep_adapter_exact
from tuning.reference import Reference
from tuning.row_fitting import FittedRows
from tuning.speed.precision import choose_precision
from tuning.tensorboard_files import write_tensorboard_files


def main() -> int:
    """Run the job; the exit status is 0 only when there is an artifact."""
    folders = ContainerFolders.from_environment(os.environ)
    stop_on_sigterm()
    try:
        with tempfile.TemporaryDirectory(prefix="training-") as scratch:
            fine_tune(folders, scratch=Path(scratch))
    except StopRequested:
        return report_stop()
    except Exception as error:  # noqa: BLE001  SageMaker must get a reason for every failure
        return report_failure(error, folders.failure)
    return 0


@dataclass(frozen=True, slots=True)
class Job:
    """What a training job is given, and where it may write."""

    folders: ContainerFolders
    config: TrainingConfig
    checkpoints: Path
    scratch: Path

    @property
    def objective(self) -> Objective:
        """How the technique fits, proves and learns its rows."""
        return objective_of(self.config.technique)


def fine_tune(folders: ContainerFolders, *, scratch: Path) -> None:
    """Train on the rows of the channels and leave the artifact in the model folder."""
    began = time.monotonic()
    config = TrainingConfig.from_folders(folders)
    check_device(config.method)
    require_model(folders.channel("model"), config)
    checkpoints = checkpoint_folder(folders, os.environ.get("TRAINING_JOB_NAME", ""))
    job = Job(folders, config, checkpoints, scratch)
    precision = choose_precision(folders.channel("model"), checkpoints)
    log_line(event="precision", **precision.figures)
    base = load_base_model(folders.channel("model"), config, precision.dtype)
    chat = chat_tokenizer(job, base)
    train, validation = (fitted_rows(job, channel, chat) for channel in ("train", "validation"))
    reference = Reference.of(base.weights, validation, chat, config)
    other = rows_to_mix_in(job, train, chat)

    trainer, probed = make_trainer(job, base, chat, train, validation, other)
    train_or_resume(job, trainer)

    tuned = trainer.accelerator.unwrap_model(trainer.model)
    if base.adapter is None:
        tuned.to(base.dtype)  # As the base model has it, so that the server computes in it too.
    config = config.with_rate(probed.learning_rate)
    save_adapter(trainer, base.tokenizer, config, folders.model)
    reference.save(tuned, precision=precision.name, folder=folders.model)
    if config.merge and base.adapter:  # Otherwise the artifact has all weights already.
        save_merged(trainer, base, config, folders)
    figures = {
        **describe_rows(train, chat),
        "mixed_rows": len(other.rows) if other else 0,
        "precision": FORMAT if config.method == "qlora" else precision.name,
        "probe": probed.figures,
    }
    seconds = time.monotonic() - began
    save_summary(
        trainer.state, config=config, figures=figures, seconds=seconds, folder=folders.model
    )


def chat_tokenizer(job: Job, base: LoadedModel) -> ChatTokenizer:
    """Return the tokenizer with its chat template, and log which one that is."""
    chat = ChatTokenizer(
        base.tokenizer,
        generation_settings(job.folders.channel("model")),
        learns_every_turn=job.config.learn == "all",
    )
    log_line(event="template", given=chat.given_template, every_turn=chat.learns_earlier_answers)
    return chat


def make_trainer(  # noqa: PLR0913, PLR0917  what a training is made of
    job: Job,
    base: LoadedModel,
    chat: ChatTokenizer,
    train: FittedRows,
    validation: FittedRows,
    other: FittedRows | None,
) -> tuple[Trainer, Outcome]:
    """Return the trainer, with the learning rate that the trials chose, and their outcome."""
    config, objective = job.config, job.objective
    rows = mixed(train.rows, other.rows, seed=config.hyperparameters.seed) if other else train.rows

    def make_ready(trainer: Trainer) -> None:
        if config.method == "qlora":
            keep_adapter_exact(trainer.model)
        start_from(job.folders.channel("adapter"), trainer, config)
        # The trainer may change the rows that it is given, so its own rows are checked.
        objective.prove_trainable(trainer.train_dataset, chat.end_of_turn_ids, channel="train")
        objective.prove_trainable(trainer.eval_dataset, chat.end_of_turn_ids, channel="validation")

    probe = Probe(objective, base, rows, validation.rows, config, make_ready)
    probed = probe.settle(job.checkpoints)
    trainer = objective.make_trainer(
        base,
        train=rows,
        validation=validation.rows,
        chosen=config.with_rate(probed.learning_rate).hyperparameters,
        checkpoints=job.checkpoints,
    )
    make_ready(trainer)
    return trainer, probed


def train_or_resume(job: Job, trainer: Trainer) -> None:
    """Train to the end, from the last complete checkpoint if there is one."""
    if job.config.patience:
        trainer.add_callback(EarlyStopping(job.config.patience))
    checkpoint = latest_complete(job.checkpoints)
    resumed_at = step_of(checkpoint) if checkpoint else None
    if resumed_at is not None:
        log_line(event="resumed", step=resumed_at)
    write_tensorboard_files(trainer, job.folders, job.checkpoints, resumed_at)
    train_from(trainer, checkpoint)


def rows_to_mix_in(job: Job, train: FittedRows, chat: ChatTokenizer) -> FittedRows | None:
    """Return the rows of the `mix` channel that are trained on beside `train`, if there are any."""
    if not job.config.mix_share:
        return None
    seed = job.config.hyperparameters.seed
    sample = {"beside": len(train.rows), "share": job.config.mix_share, "seed": seed}
    return fitted_rows(job, "mix", chat, sample)


def fitted_rows(
    job: Job, channel: str, chat: ChatTokenizer, sample: dict[str, Any] | None = None
) -> FittedRows:
    """Load and tokenize one channel, or a sample of it, and log which rows did not fit."""
    rows = load_channel(job.folders, channel, job.objective.ROWS, scratch=job.scratch)
    if sample:
        rows = sample_for(rows, **sample)
    max_length = job.config.hyperparameters.max_length
    fitted = job.objective.fit_rows(rows, chat, max_length=max_length, channel=channel)
    log_line(
        event="rows",
        channel=channel,
        rows=len(fitted.rows),
        shortened=len(fitted.shortened),
        shortened_rows=fitted.shortened[:20],
        left_out=len(fitted.left_out),
        left_out_rows=fitted.left_out[:20],
    )
    return fitted


def describe_rows(train: FittedRows, chat: ChatTokenizer) -> dict[str, Any]:
    """Return figures about the training rows, and how tool calls were written, for the summary."""
    return {
        "train_rows": len(train.rows),
        "train_tokens": train.tokens,
        "shortened_rows": len(train.shortened),
        "left_out_rows": len(train.left_out),
        "tool_calls": "text" if chat.calls_as_text else "template",
        "learns_earlier_answers": chat.learns_earlier_answers,
        "template_given": chat.given_template,
    }


if __name__ == "__main__":
    sys.exit(main())
