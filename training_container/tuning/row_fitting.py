"""Make every row fit into max_length tokens before training, and count what that took.

Padding-free training does not truncate. Cutting a row's end would lose the answer and its end of
turn; cutting its start would lose the instructions. So the longest message of the prompt loses its
middle, where long documents carry the least instruction; what is learnt stays whole. A row that
does not fit even so is left out, counted and named in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from datasets import Dataset
from jinja2 import TemplateError

from tool_calls import Message
from tuning.channels import PARTS, parts_of
from tuning.chat_tokenizer import ChatTokenizer, TokenizedRow, Tools
from tuning.errors import DataError

IGNORED = -100
"""Label of a token that is not trained on (PyTorch's cross entropy)."""

ELLIPSIS = " […] "


class FittedRows(NamedTuple):
    """Rows of `row`, `input_ids` and `labels`, and which source rows did not fit as they were."""

    rows: Dataset
    shortened: list[int]
    left_out: list[int]


def fit_rows(rows: Dataset, chat: ChatTokenizer, *, max_length: int, channel: str) -> FittedRows:
    """Tokenize every row into at most `max_length` tokens.

    Raises:
        DataError: when no row is left.
    """
    fitted = rows.map(_RowFitting(chat, max_length, channel), remove_columns=list(PARTS))
    by_fit: dict[str, list[int]] = {"whole": [], "shortened": [], "left_out": []}
    for row, fit in zip(fitted["row"], fitted["fit"], strict=True):
        by_fit[fit].append(row)
    if len(by_fit["left_out"]) == len(fitted):
        raise DataError(
            f"no row of the `{channel}` channel fits into {max_length} tokens: "
            "raise hyperparameters.max_length"
        )
    kept = fitted.filter(lambda row: row["fit"] != "left_out").remove_columns(["fit"])
    return FittedRows(kept, by_fit["shortened"], by_fit["left_out"])


@dataclass(frozen=True, slots=True)
class _RowFitting:
    chat: ChatTokenizer
    max_length: int
    channel: str

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        prompt, completion, tools = parts_of(row)
        try:
            whole = self.chat.tokenize(prompt, completion, tools)
        except TemplateError as error:  # e.g. roles that do not alternate
            raise DataError(
                f"the base model's chat template refuses row {row['row']} of the `{self.channel}` "
                f"channel: {error}; correct the row or choose another model"
            ) from None
        if len(whole.input_ids) <= self.max_length:
            return {**_with_labels(whole), "fit": "whole"}
        shortened = self._shorten(prompt, completion, tools, len(whole.input_ids))
        if shortened is None:
            return {"input_ids": [], "labels": [], "fit": "left_out"}
        return {**_with_labels(shortened), "fit": "shortened"}

    def _shorten(
        self,
        prompt: Sequence[Message],
        completion: Sequence[Message],
        tools: Tools,
        length: int,
    ) -> TokenizedRow | None:
        context = [at for at, message in enumerate(prompt) if message.get("weight") != 1]
        if not context:
            return None
        longest = max(context, key=lambda at: len(prompt[at]["content"]))
        content = self.chat.ids(prompt[longest]["content"])
        kept = len(content)
        row = None
        # A text that was cut and joined may need more tokens than its parts: hence the loop.
        while length > self.max_length and kept > 0:
            kept = max(0, kept - (length - self.max_length))
            shorter: Message = {**prompt[longest], "content": self._without_middle(content, kept)}
            row = self.chat.tokenize(
                [*prompt[:longest], shorter, *prompt[longest + 1 :]], completion, tools
            )
            length = len(row.input_ids)
        return row if length <= self.max_length else None

    def _without_middle(self, ids: list[int], kept: int) -> str:
        head, tail = ids[: (kept + 1) // 2], ids[len(ids) - kept // 2 :]
        decode = self.chat.tokenizer.decode
        return f"{decode(head)}{ELLIPSIS}{decode(tail)}"


def _with_labels(row: TokenizedRow) -> dict[str, list[int]]:
    labels = [IGNORED] * len(row.input_ids)
    for start, end in row.learnt:
        labels[start:end] = row.input_ids[start:end]
    return {"input_ids": row.input_ids, "labels": labels}
