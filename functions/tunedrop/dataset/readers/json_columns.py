"""A JSON object with one entry for each column: pandas' default layout, or lists of values."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tunedrop.dataset.readers.parts import NoTableError, split_of
from tunedrop.dataset.readers.record import Record, Table
from tunedrop.dataset.readers.text import TextFile

# The whole document is held, because the first row is complete only with its last column.
MOST_BYTES = 32 * 1024 * 1024
FEWEST_ROWS = 2
FEWEST_COLUMNS = 2  # Of lists: a single one may be the texts of a row.
# The first value is an object whose keys are row numbers, or a list of texts, numbers or words.
_FIRST = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*(?:\{\s*"\d+"\s*:|\[\s*["\dtfn-])')


class JsonColumns:
    """The rows of an object of columns.

    `columns` has the values of each column by its name; all are equally long.
    """

    format = "JSON object of columns"

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._columns = columns

    def records(self) -> Iterator[Record]:
        """Yield one record for each position."""
        names = list(self._columns)
        rows = zip(*self._columns.values(), strict=True)
        for row, values in enumerate(rows, 1):
            yield Record(row, None, b"", dict(zip(names, values, strict=True)))


def json_columns(name: str, text: TextFile) -> dict[str, Table]:
    """Return the table of an object of columns, below the key ""; nothing for any other JSON.

    Raises:
        NoTableError: the file is too large to be read in this layout.
    """
    if not _FIRST.match(text.head):
        return {}
    with text.open() as stream:
        document = stream.read(MOST_BYTES + 1)
    if len(document) > MOST_BYTES:
        raise NoTableError(
            f"{name} is a JSON object of columns of more than {MOST_BYTES // 1024**2} MB.",
            'Write one object a line (pandas: orient="records", lines=True).',
        )
    try:
        value = msgspec.json.decode(document)
    except (ValueError, RecursionError):
        return {}
    columns = _columns_of(value) if isinstance(value, dict) else None
    return {"": JsonColumns(columns)} if columns else {}


def _columns_of(value: dict[str, Any]) -> dict[str, list[Any]] | None:
    """Return the values of each column, in the order of the first one's rows."""
    columns = list(value.values())
    first = columns[0]
    if len(first) < FEWEST_ROWS or all(split_of(name) for name in value):
        return None
    if all(isinstance(column, dict) and column.keys() == first.keys() for column in columns):
        return {name: [column[key] for key in first] for name, column in value.items()}
    is_lists = all(isinstance(column, list) and len(column) == len(first) for column in columns)
    return value if is_lists and len(columns) >= FEWEST_COLUMNS else None
