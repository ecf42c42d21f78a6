"""Make every row fit into max_length tokens before training, and count the rows that were changed.

Training without padding does not truncate. Without a row's end the model would not see the answer
and its end of turn; without its start it would not see the instructions. So the longest message of
the prompt loses its middle, where long documents say least about the task. Nothing that is learned
is cut. A row that is too long even so is left out, counted, and named in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from datasets import Dataset
from jinja2 import TemplateError

from tool_calls import Message
from tuning.chat_tokenizer import ChatTokenizer, TokenizedRow, Tools
from tuning.errors import DataError

IGNORED: Final = -100
"""Label of a token that is not trained on: PyTorch's cross entropy ignores it."""

ELLIPSIS: Final = " […] "
"""Stands where the middle of a message was cut out."""

Fit = Literal["whole", "shortened", "left_out"]
"""How a row became at most max_length tokens."""


class FittedRows(NamedTuple):
    """The tokenized rows of a channel, their tokens, and the numbers of rows that did not fit."""

    rows: Dataset
    tokens: int
    shortened: list[int]
    left_out: list[int]

    @classmethod
    def collect(cls, rows: Dataset, *, max_length: int, channel: str) -> "FittedRows":
        """Sort rows by their column `fit`, and leave out those that did not fit.

        Args:
            rows: the columns `row` (the row's number), `fit` (a Fit), `tokens` (how many there are)
                and those that the trainer reads.
            max_length: the largest number of tokens, for the error message.
            channel: the channel's name, for the error message.

        Raises:
            DataError: no row fits.
        """
        by_fit: dict[Fit, list[int]] = {"whole": [], "shortened": [], "left_out": []}
        for row, fit in zip(rows["row"], rows["fit"], strict=True):
            by_fit[fit].append(row)
        if len(by_fit["left_out"]) == len(rows):
            raise DataError(
                f"no row of the `{channel}` channel fits into {max_length} tokens: "
                "raise hyperparameters.max_length"
            )
        kept = rows.filter(lambda row: row["fit"] != "left_out")
        tokens = sum(kept["tokens"])
        kept = kept.remove_columns(["fit", "tokens"])
        return cls(kept, tokens, by_fit["shortened"], by_fit["left_out"])


@dataclass(frozen=True, slots=True)
class ConversationFitting:
    """Tokenizes a prompt with its completion into at most `max_length` tokens."""

    chat: ChatTokenizer
    max_length: int

    def fit(
        self, prompt: Sequence[Message], completion: Sequence[Message], tools: Tools
    ) -> tuple[Fit, TokenizedRow]:
        """Return how the conversation fits, and its tokens: none when it does not.

        Raises:
            jinja2.TemplateError: the chat template refuses the conversation.
        """
        fit, rows = self.fit_all(prompt, [completion], tools)
        return fit, rows[0]

    def fit_all(
        self,
        prompt: Sequence[Message],
        completions: Sequence[Sequence[Message]],
        tools: Tools = None,
    ) -> tuple[Fit, list[TokenizedRow]]:
        """Return how the prompt fits with each of several completions, and the tokens of each.

        The prompt is the same for all of them, also where it is shortened.

        Raises:
            jinja2.TemplateError: the chat template refuses the conversation.
        """
        whole = [self.chat.tokenize(prompt, one, tools) for one in completions]
        if _longest(whole) <= self.max_length:
            return "whole", whole
        shortened = self._shorten(prompt, completions, tools, _longest(whole))
        if shortened is None:
            return "left_out", [TokenizedRow([], [])] * len(completions)
        return "shortened", shortened

    def _shorten(
        self,
        prompt: Sequence[Message],
        completions: Sequence[Sequence[Message]],
        tools: Tools,
        length: int,
    ) -> list[TokenizedRow] | None:
        """Cut the middle out of the prompt's longest message; None when that is not enough."""
        learnt = self.chat.learnt_in(prompt, completions[0])
        context = [at for at in range(len(prompt)) if at not in learnt]
        if not context:
            return None
        longest = max(context, key=lambda at: len(prompt[at]["content"]))
        content = self.chat.ids(prompt[longest]["content"])
        kept = len(content)
        rows: list[TokenizedRow] = []
        # A loop, because a text that was cut and joined may have more tokens than its parts.
        while length > self.max_length and kept > 0:
            kept = max(0, kept - (length - self.max_length))
            shorter: Message = {**prompt[longest], "content": self._without_middle(content, kept)}
            cut = [*prompt[:longest], shorter, *prompt[longest + 1 :]]
            rows = [self.chat.tokenize(cut, one, tools) for one in completions]
            length = _longest(rows)
        return rows if length <= self.max_length else None

    def _without_middle(self, ids: list[int], kept: int) -> str:
        """Return the text of `kept` tokens, half of them from the start, half from the end."""
        head, tail = ids[: (kept + 1) // 2], ids[len(ids) - kept // 2 :]
        decode = self.chat.tokenizer.decode
        return f"{decode(head)}{ELLIPSIS}{decode(tail)}"


def _longest(rows: Sequence[TokenizedRow]) -> int:
    return max(len(row.input_ids) for row in rows)


def refused(error: TemplateError, row: int, channel: str) -> DataError:
    """Return the error of a row that the chat template refuses, such as roles in a wrong order."""
    return DataError(
        f"the base model's chat template refuses row {row} of the `{channel}` channel: {error}; "
        "correct the row or choose another model"
    )


def labels_of(row: TokenizedRow) -> list[int]:
    """Return a label for each token: the token itself where it is trained on, else IGNORED."""
    labels = [IGNORED] * len(row.input_ids)
    for start, end in row.learnt:
        labels[start:end] = row.input_ids[start:end]
    return labels
