"""Continued pretraining: learn running text, without questions and answers.

A row has a `text`. The texts are joined, each with the model's end-of-text token after it, and cut
into blocks of max_length tokens. So no text is cut off and no token is padding, as in the
pretraining of GPT-3 (Brown et al. 2020, https://arxiv.org/abs/2005.14165, appendix B). Every token
of a block but its first is trained on.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from datasets import Dataset, Features, Value

from tuning.channels import RowFormat
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import DataError
from tuning.objectives.sft import make_trainer
from tuning.row_fitting import IGNORED, FittedRows

__all__ = ["ROWS", "fit_rows", "make_trainer", "prove_trainable"]

JOINED_ROWS: Final = 1_000
"""Texts that are joined at once. The last block of each thousand is shorter than the others."""

SHORTEST: Final = 2
"""Tokens of a block: the first one is not trained on."""


def _parse(line: Any) -> dict[str, Any]:
    if type(line["row"]) is not int or not isinstance(line["text"], str) or not line["text"]:
        raise ValueError
    return {"row": line["row"], "text": line["text"]}


ROWS: Final = RowFormat(
    parse=_parse,
    features=Features({"row": Value("int64"), "text": Value("string")}),
    described="a row of `row` and `text`",
)


def fit_rows(rows: Dataset, chat: ChatTokenizer, *, max_length: int, channel: str) -> FittedRows:
    """Join the texts and cut them into blocks of at most `max_length` tokens.

    The column `row` of a block is the number of the text that it begins with.
    """
    packing = _Packing(chat, max_length)
    blocks = rows.map(packing, batched=True, batch_size=JOINED_ROWS, remove_columns=["text"])
    return FittedRows.collect(blocks, max_length=max_length, channel=channel)


@dataclass(frozen=True, slots=True)
class _Packing:
    chat: ChatTokenizer
    max_length: int

    def __call__(self, batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        ids: list[int] = []
        owners: list[int] = []  # The row of each token.
        end = self.chat.end_of_text_id
        for row, text in zip(batch["row"], batch["text"], strict=True):
            tokens = [*self.chat.ids(text), end]
            ids += tokens
            owners += [row] * len(tokens)
        starts = [at for at in range(0, len(ids), self.max_length) if len(ids) - at >= SHORTEST]
        blocks = [ids[at : at + self.max_length] for at in starts]
        return {
            "row": [owners[at] for at in starts],
            "input_ids": blocks,
            "labels": blocks,
            "tokens": [len(block) for block in blocks],
            "fit": ["whole"] * len(blocks),
        }


def prove_trainable(rows: Dataset, end_of_turn_ids: AbstractSet[int], *, channel: str) -> None:
    """Check that every token of each block is trained on, and that texts end somewhere."""
    ends = 0
    for row in rows:
        labels = row["labels"]
        if len(labels) < SHORTEST or IGNORED in labels or labels != row["input_ids"]:
            raise DataError(
                f"the block that begins with row {row['row']} of the `{channel}` channel has a "
                "token that is not trained on: remove that row"
            )
        ends += sum(label in end_of_turn_ids for label in labels)
    if not ends:
        raise DataError(
            f"no text of the `{channel}` channel ends with the base model's end-of-text token, so "
            "the tuned model would not learn where a text ends: choose another base model"
        )
