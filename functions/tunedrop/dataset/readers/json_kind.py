"""Recognise how a JSON file holds its rows."""

import json
import re
from typing import Any

import msgspec

from tunedrop.dataset.readers.json_cells import JsonCells
from tunedrop.dataset.readers.json_columns import json_columns
from tunedrop.dataset.readers.json_document import JsonDocument, JsonObjects, lists_of
from tunedrop.dataset.readers.json_lines import JsonLines
from tunedrop.dataset.readers.parts import NoTableError, Part, split_of
from tunedrop.dataset.readers.record import Table
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.readers.squad import Squad, is_article
from tunedrop.dataset.readers.text import TextFile

# Keys whose lists describe the columns of the rows below the other key: the viewer of Hugging Face,
# pandas' `table` layout.
_DESCRIBED = (("rows", "features"), ("data", "fields"))
_CELLS = ("data", "rows")  # Keys of lists of cells, besides the names of splits.
_LIST_OF_LISTS = re.compile(rb"\s*\[\s*\[")
EXAMINED_LINES = 20  # Lines that are examined.


def parts_of(source: SourceFile, text: TextFile) -> list[Part] | None:
    """Return the tables of a JSON file as parts, or None when the text is not JSON.

    Raises:
        NoTableError: one JSON object without a list of rows.
    """
    if text.head.lstrip()[:1] not in (b"{", b"["):
        return None
    split = split_of(source.name)
    return [
        Part(table, f"{source.name} {key}".rstrip(), split_of(key) or split)
        for key, table in json_tables(source.name, text).items()
    ]


def json_tables(name: str, text: TextFile) -> dict[str, Table]:
    """Return the tables of a JSON file by their keys ("" for a table without a key).

    Raises:
        NoTableError: one JSON object without a list of rows.
    """
    if text.head.lstrip().startswith(b"["):
        if _is_lines_of_lists(text):
            return {"": JsonLines(text)}
        return {"": JsonCells(text) if _LIST_OF_LISTS.match(text.head) else JsonDocument(text)}
    lines = [line for line in text.head.split(b"\n") if line.strip()]
    only = _object(lines[0]) if len(lines) == 1 else None
    if len(lines) > 1 and _are_objects(lines[:EXAMINED_LINES]):
        return {"": JsonLines(text)}
    if only is None and _are_several(text.head):
        return {"": JsonObjects(text)}
    tables = json_columns(name, text)
    if not tables and (only is None or not _is_row(only)):
        tables = _tables_in(text)
    if tables:
        return tables
    if only is not None and any(isinstance(value, dict) for value in only.values()):
        raise NoTableError(
            f"{name} is one JSON object without a list of rows.",
            'Write a list of objects, or one object a line (pandas: orient="records").',
        )
    return {"": JsonLines(text) if len(lines) == 1 else JsonObjects(text)}


def _tables_in(text: TextFile) -> dict[str, Table]:
    """Return the lists of rows of a JSON object: objects, articles of SQuAD, or lists of cells."""
    lists = lists_of(text)
    for rows, description in _DESCRIBED:
        if rows in lists:
            lists.pop(description, None)
    tables: dict[str, Table] = {}
    for key, first in lists.items():
        if first.startswith(b"["):
            if key in _CELLS or split_of(key) is not None:
                tables[key] = JsonCells(text, key)
        elif is_article(first):
            tables[key] = Squad(text, key)
        else:
            tables[key] = JsonDocument(text, key)
    return tables


def _are_objects(lines: list[bytes]) -> bool:
    """Whether lines are rows: the first one parses, or most look like complete objects."""
    if _object(lines[0]) is not None:
        return True
    whole = sum(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in lines)
    return whole * 2 >= len(lines)


def _are_several(head: bytes) -> bool:
    """Whether a second object follows the first, so that the lists inside are not tables."""
    text = head.decode("utf-8", "replace").lstrip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text[end:].lstrip().startswith("{")


def _is_row(value: dict[str, Any]) -> bool:
    """Whether a single object is a row itself, with lists of messages and not of rows."""
    if any(_holds_cells(key, item) for key, item in value.items()):
        return False
    lists = [item for item in value.values() if isinstance(item, list) and item]
    rows = [item[0] for item in lists if isinstance(item[0], dict)]
    return all("role" in row or "from" in row for row in rows) and bool(value)


def _holds_cells(key: str, item: Any) -> bool:
    """Whether a value is a list of lists of cells."""
    is_list = isinstance(item, list) and bool(item) and isinstance(item[0], list)
    return is_list and (key in _CELLS or split_of(key) is not None)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_lines_of_lists(text: TextFile) -> bool:
    lines = [line for line in text.head.split(b"\n") if line.strip()][:2]
    return (
        len(lines) > 1
        and all(line.rstrip().endswith(b"]") for line in lines)
        and all(line.startswith(b"[") for line in lines)
    )
