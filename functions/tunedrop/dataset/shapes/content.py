"""Judge columns by what is in them."""

from collections.abc import Sequence
from typing import Any

from tunedrop.dataset.record import Fields

LONGEST_LABEL = 64  # characters
MOST_LABELS = 200
FEW = 0.2  # distinct values a row at most, for a column of labels
LEAST_TEXT = 12  # characters on average, for a column of text


def label_columns(sample: Sequence[Fields], names: Sequence[str]) -> list[str]:
    """Return the columns that look like labels, the one with the fewest values first."""
    found = []
    for name in names:
        values = _values(sample, name)
        distinct = set(values)
        if not values or len(values) < len(sample) * 0.9 or len(distinct) > MOST_LABELS:
            continue
        few = len(distinct) <= max(2, len(values) * FEW)
        short = max(map(len, distinct)) <= LONGEST_LABEL
        if few and short and not _is_measure(distinct):
            found.append((len(distinct) == 1, len(distinct), name))
    return [name for _, _, name in sorted(found)]


def text_columns(sample: Sequence[Fields], names: Sequence[str]) -> list[str]:
    """Return the columns that look like prose, the longest first."""
    found = []
    for name in names:
        values = _values(sample, name)
        if not values or len(values) < len(sample) * 0.5:
            continue
        mean = sum(map(len, values)) / len(values)
        spaced = sum(" " in value for value in values) >= len(values) * 0.5
        varied = len(set(values)) > max(1, len(values) * 0.3)
        if mean >= LEAST_TEXT and spaced and varied:
            found.append((-mean, name))
    return [name for _, name in sorted(found)]


def _values(sample: Sequence[Fields], name: str) -> list[str]:
    return [text for fields in sample if (text := _text(fields.get(name)))]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value) if _is_scalar(value) else ""


def _is_scalar(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _is_measure(values: set[str]) -> bool:
    """Whether the values are numbers with fractions: a score, not a class."""
    return any("." in value and value.replace(".", "", 1).isdigit() for value in values)
