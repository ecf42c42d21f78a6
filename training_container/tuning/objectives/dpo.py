"""Direct preference optimization (DPO): learn to prefer the better of two answers.

A row has a prompt and two answers, `chosen` and `rejected`, all lists of messages. The loss rises
with the likelihood of the worse answer over that of the better one, both relative to the base model
(Rafailov et al. 2023, https://arxiv.org/abs/2305.18290). `beta` says how closely the model is kept
to the base model. TRL trains without dropout, so that both likelihoods can be compared.
"""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datasets import Dataset
from jinja2 import TemplateError
from transformers import PrinterCallback, set_seed
from trl import DPOConfig, DPOTrainer

from tuning.base_model import LoadedModel
from tuning.channels import message_rows
from tuning.chat_tokenizer import ChatTokenizer, without_weights
from tuning.configuration import Hyperparameters
from tuning.errors import DataError
from tuning.progress import ProgressLog
from tuning.row_fitting import ConversationFitting, FittedRows, refused
from tuning.trainer_arguments import Schedule, trainer_arguments

PARTS: Final = ("prompt", "chosen", "rejected")
"""The parts of a row, each kept as JSON text."""

ROWS: Final = message_rows(
    "chosen",
    "rejected",
    described="a row of `row`, and `prompt`, `chosen` and `rejected` messages",
)


def fit_rows(rows: Dataset, chat: ChatTokenizer, *, max_length: int, channel: str) -> FittedRows:
    """Tokenize each prompt with both of its answers."""
    fitting = _PairFitting(ConversationFitting(chat, max_length), channel)
    fitted = rows.map(fitting, remove_columns=list(PARTS))
    return FittedRows.collect(fitted, max_length=max_length, channel=channel)


@dataclass(frozen=True, slots=True)
class _PairFitting:
    conversations: ConversationFitting
    channel: str

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        prompt, chosen, rejected = (json.loads(row[name]) for name in PARTS)
        try:
            fit, pair = self.conversations.fit_all(without_weights(prompt), [chosen, rejected])
        except TemplateError as error:
            raise refused(error, row["row"], self.channel) from None
        (before, better), (same, worse) = (each.divided for each in pair)
        if before != same:  # It would be a defect of the tokenizing.
            raise DataError(
                f"row {row['row']} of the `{self.channel}` channel: the prompt has other tokens "
                "before the second answer; correct or remove the row"
            )
        tokens = sum(len(each.input_ids) for each in pair)
        return {
            "prompt_ids": before,
            "chosen_ids": better,
            "rejected_ids": worse,
            "tokens": tokens,
            "fit": fit,
        }


def prove_trainable(rows: Dataset, end_of_turn_ids: AbstractSet[int], *, channel: str) -> None:
    """Check that both answers have tokens, end with their turn, and differ from each other."""
    for row in rows:
        where = f"row {row['row']} of the `{channel}` channel"
        for name in ("chosen", "rejected"):
            ids = row[f"{name}_ids"]
            if not ids:
                raise DataError(f"{where}: `{name}` has no token to train on; correct or remove it")
            if ids[-1] not in end_of_turn_ids:
                raise DataError(
                    f"{where}: `{name}` does not end with the base model's end-of-turn token, so "
                    "the tuned model would not learn to stop; choose an instruct model"
                )
        if row["chosen_ids"] == row["rejected_ids"]:
            raise DataError(
                f"{where}: `chosen` and `rejected` have the same tokens, so there is nothing to "
                "prefer; correct or remove it"
            )


def make_trainer(
    base: LoadedModel,
    *,
    train: Dataset,
    validation: Dataset,
    chosen: Hyperparameters,
    checkpoints: Path,
) -> "PairTrainer":
    """Return a PairTrainer on tokenized pairs. It logs through ProgressLog only."""
    base.weights.set_attn_implementation("sdpa")  # TRL pads these batches.
    set_seed(chosen.seed)
    schedule = Schedule.plan(len(train), chosen)
    shared = trainer_arguments(chosen, schedule, checkpoints=checkpoints, base=base)
    trainer = PairTrainer(
        model=base.weights,
        args=DPOConfig(**shared, beta=chosen.beta, max_length=None),  # The rows fit already.
        train_dataset=train,
        eval_dataset=validation,
        processing_class=base.tokenizer,
        peft_config=base.adapter,
        callbacks=[ProgressLog()],
    )
    trainer.remove_callback(PrinterCallback)  # It would print what ProgressLog prints.
    return trainer


class PairTrainer(DPOTrainer):  # type: ignore[misc]  # TRL has no types
    """TRL's trainer on rows that are tokenized already, each prompt as serving writes it."""

    def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
        """Return the rows as they are."""
        return dataset
