"""Rows that mark spans of their text, as for named entities; they are refused with a remedy."""

from collections.abc import Sequence
from typing import Any

from tunedrop.dataset import column_names
from tunedrop.dataset.readers.record import Fields
from tunedrop.errors import DatasetError

_COLUMNS = ("spans", "entities", "label", "labels")  # Prodigy, Doccano.
_STARTS, _ENDS = ("start", "start_offset"), ("end", "end_offset")
_JUDGEMENTS = frozenset(("accept", "reject", "ignore"))
_ANSWERS = {
    *column_names.LABEL,
    *(answer for _, answer in column_names.PAIRS),
    *column_names.CONVERSATION,
    "accept",
    "chosen",
}


def refuse_spans(sample: Sequence[Fields], names: Sequence[str]) -> None:
    """Raise for rows whose only answer is a list of marked spans of the text.

    Raises:
        DatasetError: names the column.
    """
    if "text" not in names:
        return
    for name in _COLUMNS:
        values = [value for fields in sample if (value := fields.get(name))]
        if values and all(are_spans(value) for value in values):
            others = [each for each in names if each.lower() in _ANSWERS and each != name]
            if not [each for each in others if not _are_judgements(sample, each)]:
                raise spans_error(name)


def are_spans(value: Any) -> bool:
    """Whether a value is a list of spans: objects with their ends, or [start, end, name]."""
    return isinstance(value, list) and bool(value) and all(_is_span(each) for each in value)


def _is_span(value: Any) -> bool:
    if isinstance(value, dict):
        return any(key in value for key in _STARTS) and any(key in value for key in _ENDS)
    if not isinstance(value, list) or len(value) != 3:  # noqa: PLR2004 - start, end, name
        return False
    start, end, name = value
    return isinstance(start, int) and isinstance(end, int) and isinstance(name, str)


def spans_error(column: str) -> DatasetError:
    """Return the error for rows that mark spans in a column."""
    return DatasetError(
        f"{column!r} marks spans of the text, as for named entities, and no column has an answer "
        "that a model could write.",
        'Write the answer of each row, such as {"prompt": TEXT, "completion": '
        '"{\\"person\\": \\"Ada\\"}"}, and set task: extraction in recipe.yaml.',
    )


def _are_judgements(sample: Sequence[Fields], name: str) -> bool:
    """Whether a column says which of Prodigy's annotations were accepted."""
    return all(str(fields.get(name)) in _JUDGEMENTS for fields in sample)
