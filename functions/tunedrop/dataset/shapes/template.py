"""Templates: a prompt from several columns, such as `{question} {context}`."""

import re
from collections.abc import Container, Sequence
from typing import Any

from tunedrop.dataset.readers.record import RowError
from tunedrop.dataset.shapes.example import text_of
from tunedrop.errors import DatasetError

_SLOT = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


class Template:
    """Text with column names in braces; double braces are literal ones.

    `text` is the text as it was given, `columns` are the names in it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns = [found.group(1).strip() for found in _SLOT.finditer(text) if found.group(1)]
        if not self.columns:
            raise DatasetError(
                f"The recipe's template {text!r} names no column.",
                'Put column names in braces: template: "{question}\\n\\n{context}".',
            )

    def filled(self, fields: dict[str, Any]) -> str:
        """Return the prompt of a row; some columns may be empty.

        Raises:
            RowError: all columns are empty.
        """
        texts = {name: _optional(fields.get(name), name) for name in self.columns}
        if not any(texts.values()):
            raise RowError("empty", f"{', '.join(texts)}: all empty.", self.columns[0])

        def put(found: re.Match[str]) -> str:
            return texts[found.group(1).strip()] if found.group(1) else found.group()[0]

        return _SLOT.sub(put, self.text).strip()


def prompt_of(columns: Sequence[str], *, shown: Container[str], between: str) -> str | None:
    """Return a template whose prompt has all these columns; None if it cannot name one of them.

    Args:
        columns: the columns of the prompt.
        shown: the columns whose names are written before their values.
        between: the text between two columns.
    """
    if any(set("{}") & set(name) or name != name.strip() for name in columns):
        return None
    return between.join(
        f"{name}: {{{name}}}" if name in shown else f"{{{name}}}" for name in columns
    )


def _optional(value: Any, column: str) -> str:
    return "" if value is None or value == "" else text_of(value, column)
