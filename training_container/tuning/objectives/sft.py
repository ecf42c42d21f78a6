"""Supervised fine-tuning: from a prompt, learn to write the completion.

A row has a prompt and a completion, both lists of messages, and perhaps tools. The trainer reads
its tokens as `input_ids`, and as `labels` the same tokens where they are trained on and IGNORED
elsewhere. `registry.Objective` says what the functions of this module are for.
"""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from datasets import Dataset
from jinja2 import TemplateError
from torch.utils.data import Sampler
from transformers import PrinterCallback, set_seed
from trl import SFTConfig, SFTTrainer

from tuning.base_model import LoadedModel
from tuning.channels import message_rows
from tuning.chat_tokenizer import ChatTokenizer
from tuning.configuration import Hyperparameters
from tuning.errors import DataError
from tuning.progress import ProgressLog, log_line
from tuning.row_fitting import IGNORED, ConversationFitting, FittedRows, labels_of, refused
from tuning.speed.batching import Batching, plan_batching
from tuning.speed.compact_adapter import compact_adapters
from tuning.speed.compact_loss import skip_masked_positions
from tuning.trainer_arguments import Schedule, trainer_arguments

PARTS: Final = ("prompt", "completion", "tools")
"""The parts of a row, each kept as JSON text."""

ROWS: Final = message_rows(
    "completion", texts=("tools",), described="a row of `row`, `prompt` and `completion` messages"
)


def fit_rows(rows: Dataset, chat: ChatTokenizer, *, max_length: int, channel: str) -> FittedRows:
    """Tokenize the rows, and label the tokens of the answers."""
    fitting = _RowFitting(ConversationFitting(chat, max_length), channel)
    fitted = rows.map(fitting, remove_columns=list(PARTS))
    return FittedRows.collect(fitted, max_length=max_length, channel=channel)


@dataclass(frozen=True, slots=True)
class _RowFitting:
    conversations: ConversationFitting
    channel: str

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        prompt, completion, tools = (json.loads(row[name]) for name in PARTS)
        try:
            fit, tokens = self.conversations.fit(prompt, completion, tools)
        except TemplateError as error:
            raise refused(error, row["row"], self.channel) from None
        return {
            "input_ids": tokens.input_ids,
            "labels": labels_of(tokens),
            "tokens": len(tokens.input_ids),
            "fit": fit,
        }


def prove_trainable(rows: Dataset, end_of_turn_ids: AbstractSet[int], *, channel: str) -> None:
    """Check that each row trains on at least one token, and each answer on the end of its turn.

    A row without the first teaches nothing. A model that never sees the second does not learn to
    stop.
    """
    for row in rows:
        labels = row["labels"]
        where = f"row {row['row']} of the `{channel}` channel"
        if all(label == IGNORED for label in labels):
            raise DataError(
                f"{where} has no token to train on: its completion is empty; correct or remove it"
            )
        # An answer ends before a label that is IGNORED. The last answer ends with the row.
        ends = {one for one, after in pairwise([*labels, IGNORED]) if after == IGNORED != one}
        if labels[-1] == IGNORED or not ends <= end_of_turn_ids:
            raise DataError(
                f"{where} does not end with the base model's end-of-turn token, so the tuned model "
                "would not learn to stop: its chat template writes none after an answer; "
                "choose an instruct model"
            )


def make_trainer(
    base: LoadedModel,
    *,
    train: Dataset,
    validation: Dataset,
    chosen: Hyperparameters,
    checkpoints: Path,
) -> "RowTrainer":
    """Return a RowTrainer on tokenized rows with labels. It logs through ProgressLog only."""
    skip_masked_positions()
    batching = plan_batching(base.weights, train, chosen)
    log_line(event="batches", **batching.figures)
    set_seed(chosen.seed)
    schedule = Schedule.plan(len(train), chosen)
    shared = trainer_arguments(chosen, schedule, checkpoints=checkpoints, base=base)
    trainer = RowTrainer(
        batching=batching,
        model=base.weights,
        # The rows of a batch are laid end to end instead of padded. TRL then accepts no max_length;
        # the rows fit already.
        args=SFTConfig(**shared, padding_free=True, max_length=None),
        train_dataset=train,
        eval_dataset=validation,
        processing_class=base.tokenizer,
        peft_config=base.adapter,
        callbacks=[ProgressLog()],
    )
    compact_adapters(trainer.model)
    trainer.remove_callback(PrinterCallback)  # it would print what ProgressLog prints
    return trainer


class RowTrainer(SFTTrainer):  # type: ignore[misc]  # TRL has no types
    """TRL's trainer, with batches as `batching` lays them out."""

    def __init__(self, *, batching: Batching, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._batching = batching
        if batching.collator:  # TRL accepts no collator together with padding_free
            self.data_collator = batching.collator

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int] | None:
        """Return the order that `batching` has planned, or TRL's random order."""
        return self._batching.order or super()._get_train_sampler(train_dataset)

    def compute_loss(self, model: Any, inputs: dict[str, Any], *rest: Any, **options: Any) -> Any:
        """Count the tokens of all rows into num_tokens, also those that are computed once."""
        saved = inputs.pop("saved_tokens", 0)
        if model.training:
            self._total_train_tokens += saved
        return super().compute_loss(model, inputs, *rest, **options)
