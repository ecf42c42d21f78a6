#!/usr/bin/env python3
"""Fine-tune a LoRA adapter inside a SageMaker training job.

The story: read the configuration, load the base model, tokenize the rows so that each fits, prove
that each can be learned from, train with the validation loss taken along the way, keep the best
checkpoint, leave adapter and summary as the artifact. A job that is started again goes on from its
last complete checkpoint and logs the same losses as if it had never stopped.

In the image it is the program `train`. Elsewhere, with the folders of /opt/ml made in `ml`:

    SAGEMAKER_BASE_DIR=ml python training_container/train.py
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from container_folders import ContainerFolders
from tuning.artifact import save_adapter, save_summary
from tuning.base_model import generation_settings, load_base_model, require_model
from tuning.channels import load_rows
from tuning.chat_tokenizer import ChatTokenizer
from tuning.checkpoints import latest_complete, step_of
from tuning.configuration import TrainingConfig
from tuning.device import check_device
from tuning.ending import StopRequested, report_failure, report_stop, stop_on_sigterm
from tuning.progress import log_line
from tuning.proof import prove_trainable
from tuning.row_fitting import FittedRows, fit_rows
from tuning.speed.precision import choose_precision
from tuning.trainer import make_trainer, train_from


def main() -> int:
    """Run the job; the exit status is 0 only when there is an artifact."""
    folders = ContainerFolders.from_environment(os.environ)
    stop_on_sigterm()
    try:
        with tempfile.TemporaryDirectory(prefix="training-") as scratch:
            fine_tune(folders, scratch=Path(scratch))
    except StopRequested:
        return report_stop()
    except Exception as error:  # noqa: BLE001  whatever it is, SageMaker must be told why
        return report_failure(error, folders.failure)
    return 0


def fine_tune(folders: ContainerFolders, *, scratch: Path) -> None:
    """Train from the channels and leave the artifact in the model folder."""
    began = time.monotonic()
    config = TrainingConfig.from_file(folders.channel("config") / "training.json")
    check_device()
    require_model(folders.channel("model"), config)
    precision = choose_precision(folders.channel("model"), folders.checkpoints)
    log_line(event="precision", **precision.figures)
    base = load_base_model(folders.channel("model"), config, precision.dtype)
    chat = ChatTokenizer(base.tokenizer, generation_settings(folders.channel("model")))

    train = read_channel(folders, "train", chat, config, scratch)
    validation = read_channel(folders, "validation", chat, config, scratch)
    trainer = make_trainer(
        base,
        train=train.rows,
        validation=validation.rows,
        chosen=config.hyperparameters,
        checkpoints=folders.checkpoints,
    )
    # What the trainer made of the rows is what counts, so that is what is looked at.
    prove_trainable(trainer.train_dataset, chat.end_of_turn_ids, channel="train")
    prove_trainable(trainer.eval_dataset, chat.end_of_turn_ids, channel="validation")

    checkpoint = latest_complete(folders.checkpoints)
    if checkpoint:
        log_line(event="resumed", step=step_of(checkpoint))
    train_from(trainer, checkpoint)

    save_adapter(trainer, base.tokenizer, config, folders.model)
    save_summary(
        trainer.state,
        config=config,
        figures={**describe_rows(train, chat), "precision": precision.name},
        seconds=time.monotonic() - began,
        folder=folders.model,
    )


def read_channel(
    folders: ContainerFolders,
    channel: str,
    chat: ChatTokenizer,
    config: TrainingConfig,
    scratch: Path,
) -> FittedRows:
    """Load and tokenize one channel, and log what did not fit."""
    rows = load_rows(folders, channel, scratch=scratch)
    max_length = config.hyperparameters.max_length
    fitted = fit_rows(rows, chat, max_length=max_length, channel=channel)
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
    """The training rows in figures, and how tool calls were written, for the summary."""
    return {
        "train_rows": len(train.rows),
        "train_tokens": sum(len(ids) for ids in train.rows["input_ids"]),
        "shortened_rows": len(train.shortened),
        "left_out_rows": len(train.left_out),
        "tool_calls": "text" if chat.calls_as_text else "template",
    }


if __name__ == "__main__":
    sys.exit(main())
