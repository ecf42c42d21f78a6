"""What every row shape turns a row into."""

from typing import Any, Protocol

import msgspec

from tunedrop.dataset.document import Columns, Message
from tunedrop.dataset.record import Record, RowError


class Example(msgspec.Struct, gc=False):
    """A row as a conversation: all but the answer, and the answer."""

    prompt: list[Message]
    completion: list[Message]


class Shape(Protocol):
    """How rows become examples."""

    @property
    def columns(self) -> Columns:
        """The mapping found, and why."""
        ...

    def example(self, record: Record) -> Example:
        """Turn a row into an example.

        Raises:
            RowError: the row does not fit; says where and why.
        """
        ...


def text_of(value: Any, column: str) -> str:
    """Return a cell as text: numbers and booleans as people write them.

    Raises:
        RowError: missing, empty, or neither text nor number.
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
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    raise RowError("wrong_type", f"{column} is a {type(value).__name__}; text is needed.", column)
