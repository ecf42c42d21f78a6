"""The columns and keys that a reading does not use, with an example value of each."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tunedrop.dataset.readers.record import Fields
from tunedrop.dataset.shapes.content import text_columns, values_of
from tunedrop.dataset.shapes.template import Template
from tunedrop.dataset.shapes.tools import NAMES as TOOLS
from tunedrop.documents.dataset import Columns, UnusedColumn
from tunedrop.documents.figures import cut

LONGEST_EXAMPLE = 500  # Characters of an example value; pages and emails show fewer.
MOST_UNUSED = 100  # Columns that are listed; JSON rows may have any number of keys.
_WITH_TOOLS = frozenset(("messages", "prompt_completion", "alpaca", "text_to_sql"))


def unused_columns(
    columns: Columns, sample: Sequence[Fields], names: Sequence[str]
) -> list[UnusedColumn]:
    """Return the columns that have values and that the reading does not use.

    Args:
        columns: the reading.
        sample: the first readable rows.
        names: the names of all columns.
    """
    used = used_columns(columns) | ({columns.group.name} if columns.group else set())
    texts = {*text_columns(sample, [name for name in names if name not in used])}
    found: list[UnusedColumn] = []
    for name in names:
        values = (fields.get(name) for fields in sample if name not in used)
        example = next((value for value in values if value not in (None, "", [], {})), None)
        if example is not None and len(found) < MOST_UNUSED:
            length = _mean_length(sample, name)
            found.append(UnusedColumn(name, _as_text(example), length, name in texts))
    return found


def used_columns(columns: Columns) -> set[str]:
    """Return the names of the columns that the rows of a reading are made of."""
    used = {*columns.mapping.values()}
    if columns.template:
        used |= {*Template(columns.template).columns}
    if columns.shape in _WITH_TOOLS:
        used |= {*TOOLS}
    if columns.shape == "ground_truth":
        used |= {name.removesuffix("-metadata") for name in columns.mapping.values()}
    return used


def _mean_length(sample: Sequence[Fields], name: str) -> int:
    return sum(map(len, values_of(sample, name))) // max(1, len(sample))


def _as_text(value: Any) -> str:
    """Return a value as text; lists and objects as JSON."""
    if isinstance(value, str):
        return cut(value.strip(), LONGEST_EXAMPLE)
    try:
        text = msgspec.json.encode(value, enc_hook=str).decode("utf-8", "replace")
    except (RecursionError, OverflowError, ValueError, TypeError):
        return f"a {type(value).__name__}"
    return cut(text, LONGEST_EXAMPLE)
