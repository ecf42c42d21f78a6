"""Text and label, the shape of most classification tables."""

from typing import Any

import msgspec

from tunedrop.dataset.readers.record import Record, RowError
from tunedrop.dataset.shapes.example import Example, Kind, Passage, text_of
from tunedrop.dataset.shapes.template import Template
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message

BETWEEN_LABELS = " + "  # Not a comma, because lists of labels are separated by commas.


class TextLabel:
    """The text is the prompt, the label is the answer."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns, template: Template | None = None) -> None:
        self.columns = columns
        self._text = columns.mapping.get("text", "")
        self._label = columns.mapping["label"]
        self._template = template

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        if self._template:
            text = self._template.filled(fields)
        else:
            text = text_of(fields.get(self._text), self._text)
        label = label_of(fields.get(self._label), self._label)
        return Example([Message("user", text)], [Message("assistant", label)])


def label_of(value: Any, column: str) -> str:
    """Return a label; several labels are joined in alphabetical order.

    Raises:
        RowError: there is no label.
    """
    value = _choices(value)
    if not isinstance(value, list):
        return text_of(value, column)
    if not value:
        raise RowError("not_labelled", "No label applies.", column, "Give such texts a label.")
    return BETWEEN_LABELS.join(sorted({text_of(each, column) for each in value}))


def _choices(value: Any) -> Any:
    """Return the list in Label Studio's `{"choices": [...]}`, also as the JSON text of a CSV.

    A task with a single choice has it as plain text in the same column.
    """
    if isinstance(value, str) and value.startswith('{"choices":'):
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, dict) and value.keys() == {"choices"}:
        return value["choices"]
    return value


class OneHot:
    """One column for each label, with a 1 in the column of the right label."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]
        self._labels = [name for role, name in columns.mapping.items() if role.startswith("label ")]

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        text = text_of(fields.get(self._text), self._text)
        hot = [name for name in self._labels if str(fields.get(name)).strip() in _HOT]
        if len(hot) != 1:
            raise RowError(
                "not_one_label",
                f"{len(hot)} of the label columns are 1 ({', '.join(hot) or 'none'}); "
                "exactly one must be.",
                self._labels[0],
            )
        return Example([Message("user", text)], [Message("assistant", hot[0])])


_HOT = frozenset(("1", "1.0", "True", "true", "TRUE"))


class TextAlone:
    """Text without an answer, for continued pretraining."""

    kind: Kind = "pretraining"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]

    def example(self, record: Record) -> Example:
        """Turn a row into a passage."""
        text = text_of(record.fields().get(self._text), self._text)
        return Passage([], [Message("assistant", text)])
