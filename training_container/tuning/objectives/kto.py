"""Kahneman-Tversky optimization (KTO): learn from answers that were judged good or bad.

A row has a prompt, one answer (`completion`) and its `label`. Good answers become likelier than the
base model makes them, bad ones less likely (Ethayarajh et al. 2024,
https://arxiv.org/abs/2402.01306). The rarer kind weighs as much as the commoner one, as the paper
recommends in section 4.2. `beta` says how closely the model is kept to the base model.
"""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datasets import Dataset
from jinja2 import TemplateError
from transformers import PrinterCallback, set_seed
from trl import KTOConfig, KTOTrainer

from tuning.base_model import LoadedModel
from tuning.channels import message_rows
from tuning.chat_tokenizer import ChatTokenizer, without_weights
from tuning.configuration import Hyperparameters
from tuning.errors import ConfigurationError, DataError
from tuning.progress import ProgressLog
from tuning.row_fitting import ConversationFitting, FittedRows, refused
from tuning.trainer_arguments import Schedule, trainer_arguments

PARTS: Final = ("prompt", "completion")
"""The parts of a row that are messages, each kept as JSON text."""

ROWS: Final = message_rows(
    "completion",
    flags=("label",),
    described="a row of `row`, `prompt` and `completion` messages, and `label`",
)

SMALLEST_BATCH: Final = 2
"""Rows in a batch. The loss compares each prompt with the answer to another one of its batch."""


def fit_rows(rows: Dataset, chat: ChatTokenizer, *, max_length: int, channel: str) -> FittedRows:
    """Tokenize each prompt with its answer."""
    fitting = _AnswerFitting(ConversationFitting(chat, max_length), channel)
    fitted = rows.map(fitting, remove_columns=list(PARTS))
    return FittedRows.collect(fitted, max_length=max_length, channel=channel)


@dataclass(frozen=True, slots=True)
class _AnswerFitting:
    conversations: ConversationFitting
    channel: str

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        prompt, completion = (json.loads(row[name]) for name in PARTS)
        try:
            fit, tokens = self.conversations.fit(without_weights(prompt), completion, None)
        except TemplateError as error:
            raise refused(error, row["row"], self.channel) from None
        before, answer = tokens.divided
        return {
            "prompt_ids": before,
            "completion_ids": answer,
            "tokens": len(tokens.input_ids),
            "fit": fit,
        }


def prove_trainable(rows: Dataset, end_of_turn_ids: AbstractSet[int], *, channel: str) -> None:
    """Check that each answer has tokens and ends with its turn."""
    for row in rows:
        where, ids = f"row {row['row']} of the `{channel}` channel", row["completion_ids"]
        if not ids:
            raise DataError(f"{where} has no token to train on; correct or remove it")
        if ids[-1] not in end_of_turn_ids:
            raise DataError(
                f"{where} does not end with the base model's end-of-turn token, so the tuned model "
                "would not learn to stop; choose an instruct model"
            )


def make_trainer(
    base: LoadedModel,
    *,
    train: Dataset,
    validation: Dataset,
    chosen: Hyperparameters,
    checkpoints: Path,
) -> "JudgedTrainer":
    """Return a JudgedTrainer on tokenized answers. It logs through ProgressLog only.

    Raises:
        ConfigurationError: a batch has a single row.
        DataError: all training rows have the same label.
    """
    _require_pairs(chosen)
    base.weights.set_attn_implementation("sdpa")  # TRL pads these batches.
    set_seed(chosen.seed)
    schedule = Schedule.plan(len(train), chosen)
    shared = trainer_arguments(chosen, schedule, checkpoints=checkpoints, base=base)
    good, bad = weights_of(train["label"])
    trainer = JudgedTrainer(
        model=base.weights,
        args=KTOConfig(
            **shared,
            beta=chosen.beta,
            desirable_weight=good,
            undesirable_weight=bad,
            max_length=None,  # The rows fit already.
        ),
        # The trainer takes the rows in their order, because a batch is built of neighbours.
        train_dataset=train.shuffle(seed=chosen.seed),
        eval_dataset=validation,
        processing_class=base.tokenizer,
        peft_config=base.adapter,
        callbacks=[ProgressLog()],
    )
    trainer.remove_callback(PrinterCallback)  # It would print what ProgressLog prints.
    return trainer


def _require_pairs(chosen: Hyperparameters) -> None:
    if chosen.batch_size < SMALLEST_BATCH:
        raise ConfigurationError(
            "hyperparameters: batch_size must be at least 2 for judged answers: each prompt is "
            "compared with the answer to another one; raise it in recipe.yaml"
        )


def weights_of(labels: Sequence[bool]) -> tuple[float, float]:
    """Return the weights of good and of bad answers; both kinds weigh the same in all.

    Raises:
        DataError: there is only one kind.
    """
    good = sum(labels)
    bad = len(labels) - good
    if not good or not bad:
        kind = "good" if good else "bad"
        raise DataError(
            f"every answer of the `train` channel is judged {kind}: the model learns from the "
            "difference to the others; add some of them"
        )
    return max(1.0, bad / good), max(1.0, good / bad)


class JudgedTrainer(KTOTrainer):  # type: ignore[misc]  # TRL has no types
    """TRL's trainer on rows that are tokenized already, each prompt as serving writes it."""

    def _prepare_dataset(
        self, dataset: Dataset, _processing_class: Any, args: KTOConfig, _name: str
    ) -> Dataset:
        """Return the rows, each with the answer to the row before it in its batch.

        From these mismatched pairs TRL estimates how far the model has moved from the base model.
        """

        def mismatched(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
            answers = batch["completion_ids"]
            return {**batch, "KL_completion_ids": [answers[-1], *answers[:-1]]}

        return dataset.map(mismatched, batched=True, batch_size=args.per_device_train_batch_size)
