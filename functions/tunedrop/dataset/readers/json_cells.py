"""JSON documents whose rows are lists of cells: pandas' `split`, and splits of [text, label]."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tunedrop.dataset.column_names import KNOWN_NAMES
from tunedrop.dataset.readers.header import unique
from tunedrop.dataset.readers.json_document import elements_of
from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import LONGEST_LINE
from tunedrop.dataset.readers.record import Record, RowError
from tunedrop.dataset.readers.text import TextFile

_COLUMNS = re.compile(rb'"columns"\s*:\s*(\[[^\[\]{}]*\])')


class JsonCells:
    """The rows of one list of lists; `key` is "" for a document that is such a list."""

    def __init__(self, text: TextFile, key: str = "") -> None:
        self._text = text
        self._key = key
        self._header = _named_columns(text.head) if key else None
        self.format = "JSON lists of cells"

    def records(self) -> Iterator[Record]:
        """Yield one record for each list. A first list with well-known names is the header."""
        header, row = self._header, 0
        with self._text.open() as stream:
            for key, line, raw in elements_of(stream):
                if key != self._key:
                    continue
                try:
                    cells = _cells(raw)
                except RowError as error:
                    row += 1
                    yield Record(row, line, raw[:8_192], error=error)
                    continue
                if header is None:
                    header = _header_in(cells)
                    if header is not None:
                        continue
                    header = [f"column {number}" for number in range(1, len(cells) + 1)]
                row += 1
                yield _record(row, line, raw, header, cells)


def _record(row: int, line: int, raw: bytes, header: list[str], cells: list[Any]) -> Record:
    if len(cells) > len(header):
        message = f"The row has {len(cells)} values, there are {len(header)} columns."
        return Record(row, line, raw, error=RowError("column_count", message))
    missing = [None] * (len(header) - len(cells))
    return Record(row, line, raw, dict(zip(header, cells + missing, strict=True)))


def _cells(raw: bytes) -> list[Any]:
    if len(raw) > LONGEST_LINE:
        raise too_long()
    try:
        value = msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise RowError("invalid_json", f"Not valid JSON: {error}.") from None
    if not isinstance(value, list):
        raise RowError("wrong_type", "The row is no list of cells, as the first one is.")
    return value


def _header_in(cells: list[Any]) -> list[str] | None:
    if any(isinstance(cell, str) and cell.strip().lower() in KNOWN_NAMES for cell in cells):
        return unique([str(cell) for cell in cells])
    return None


def _named_columns(head: bytes) -> list[str] | None:
    """Return the column names of pandas' `split` layout, if they stand before the rows."""
    found = _COLUMNS.search(head)
    if found is None:
        return None
    try:
        names = msgspec.json.decode(found.group(1))
    except ValueError:
        return None
    return unique([str(name) for name in names]) if names else None
