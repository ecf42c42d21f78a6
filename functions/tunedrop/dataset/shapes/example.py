"""Examples: the common form into which every row shape converts its rows."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from tunedrop.dataset.readers.record import Record, RowError
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import JudgedRow, Message, PreferenceRow, Row, SplitRow, TextRow

Kind = Literal["answers", "preference", "kto", "pretraining"]


class SpokenText(Protocol):
    """A text with a role: a message, or a text inside of a tool call."""

    content: str

    @property
    def role(self) -> str:
        """The role of the speaker."""
        ...

    @property
    def tool_calls(self) -> list[dict[str, Any]] | None:
        """The calls of a message, whose content may then be empty."""
        ...


class Example(msgspec.Struct, gc=False):
    """A row as a conversation: the prompt and the answer."""

    prompt: list[Message]
    completion: list[Message]

    def as_row(self, row: int) -> SplitRow:
        """Return the line of the split file."""
        return Row(row, self.prompt, self.completion)

    def messages(self) -> list[Message]:
        """Return every message of the row."""
        return [*self.prompt, *self.completion]

    def texts(self) -> Sequence[SpokenText]:
        """Return every text to be checked; a check may change it in place."""
        return self.messages()

    def label_text(self) -> str | None:
        """Return the answer as a label, or None when it cannot be one."""
        return self.completion[-1].content

    def characters(self) -> int:
        """Return the length of all texts."""
        return sum([len(message.content) for message in self.messages()])

    def remarks(self) -> Sequence[tuple[str, str]]:
        """Return (check, excerpt) for each finding of the shape itself."""
        return ()

    def question(self) -> str:
        """Return the prompt's text without the system prompt; for plain text, the text."""
        asked = [message.content for message in self.prompt if message.role != "system"]
        return "\n".join(asked) or self.completion[0].content


class PreferencePair(Example, gc=False):
    """A prompt with two answers; `completion` is the better one."""

    rejected: list[Message]

    def as_row(self, row: int) -> SplitRow:
        """Return the line of the split file, as TRL's DPO reads it."""
        return PreferenceRow(row, self.prompt, self.completion, self.rejected)

    def messages(self) -> list[Message]:
        """Return every message of the row."""
        return [*self.prompt, *self.completion, *self.rejected]


class JudgedAnswer(Example, gc=False):
    """A prompt with one answer, and whether it is good."""

    label: bool

    def as_row(self, row: int) -> SplitRow:
        """Return the line of the split file, as TRL's KTO reads it."""
        return JudgedRow(row, self.prompt, self.completion, self.label)


class Passage(Example, gc=False):
    """Plain text without a question or an answer."""

    def as_row(self, row: int) -> SplitRow:
        """Return the line of the split file, as TRL's language modelling reads it."""
        return TextRow(row, self.completion[0].content)


class Shape(Protocol):
    """Converts rows to examples."""

    kind: Kind

    @property
    def columns(self) -> Columns:
        """The mapping of the columns, and how it was found."""
        ...

    def example(self, record: Record) -> Example:
        """Turn a row into an example.

        Raises:
            RowError: the row does not fit; the error says where and why.
        """
        ...


def text_of(value: Any, column: str) -> str:
    """Return a cell as text; numbers and booleans in their usual notation.

    Raises:
        RowError: the cell is missing, empty, or neither text nor number.
    """
    if value is None:
        raise RowError("empty", f"{column} is missing.", column, f"Fill in {column}.")
    if isinstance(value, str):
        text = value.strip()
        if not text:
            raise RowError("empty", f"{column} is empty.", column, f"Fill in {column}.")
        return text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value, column)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    raise RowError("wrong_type", f"{column} is a {type(value).__name__}; text is needed.", column)


def _digits(value: int, column: str) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to print more than 4,300 digits
        raise RowError(
            "wrong_type", f"{column} is a number with too many digits.", column
        ) from None


def truth_of(value: Any, column: str) -> bool:
    """Return a judgement as a boolean.

    Raises:
        RowError: the value is neither true nor false.
    """
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = known.get(text_of(value, column).lower())
    if found is None:
        raise RowError("wrong_type", f"{column} is neither true nor false.", column)
    return found
