"""XLSX workbooks. They need python-calamine from the prepare layer."""

import importlib
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, time
from typing import Any
from xml.parsers.expat import ExpatError

from tunedrop.dataset.readers.compressed import HARMLESS, LARGEST_RATIO
from tunedrop.dataset.readers.damage import reading
from tunedrop.dataset.readers.header import SNIFFED_ROWS, unique
from tunedrop.dataset.readers.parts import Part, Skipped, split_of
from tunedrop.dataset.readers.record import Record
from tunedrop.dataset.readers.source import SourceFile, seekable
from tunedrop.dataset.readers.workbook_size import refuse_oversized
from tunedrop.errors import DatasetError


class Sheet:
    """One sheet; blank rows are skipped, and so are the rows of titles above the header.

    The header is the first row that is about as wide as most rows: an index may have no name.
    """

    format = "XLSX"

    def __init__(self, name: str, rows: list[list[Any]]) -> None:
        self.name = name
        filled = [(line, row) for line, row in enumerate(rows, 1) if any(c != "" for c in row)]
        widths = [sum(cell != "" for cell in row) for _, row in filled]
        self.width = _usual(widths[:SNIFFED_ROWS])
        least = max(min(2, self.width), self.width - 1)
        at = next((at for at, width in enumerate(widths) if width >= least), 0)
        self.header = unique([str(cell) for cell in filled[at][1]]) if filled else []
        self._rows = filled[at + 1 :]

    def records(self) -> Iterator[Record]:
        """Yield the rows below the header; `line` is the sheet's row number."""
        for row, (line, cells) in enumerate(self._rows, 1):
            values = [_plain(cell) for cell in cells] + [None] * (len(self.header) - len(cells))
            yield Record(row, line, b"", dict(zip(self.header, values, strict=False)))


def _usual(widths: list[int]) -> int:
    """Return the number of cells that a quarter of the rows have at least."""
    return sorted(widths)[len(widths) * 3 // 4] if widths else 0


def parts_of(source: SourceFile, resources: ExitStack) -> list[Part | Skipped]:
    """Return every filled sheet as a part.

    A sheet of a single column, such as a page of notes, is left out beside wider ones.
    """
    sheets = sheets_of(source, resources)
    has_tables = any(sheet.width > 1 for sheet in sheets)
    found: list[Part | Skipped] = []
    for sheet in sheets:
        name = f"{source.name}, sheet {sheet.name}"
        if has_tables and sheet.width <= 1:
            found.append(Skipped(name, "has a single column and is no table"))
        else:
            found.append(Part(sheet, name, split_of(sheet.name) or split_of(source.name)))
    return found


def sheets_of(source: SourceFile, resources: ExitStack) -> list[Sheet]:
    """Return the sheets that are not empty.

    Raises:
        DatasetError: the workbook is damaged, a bomb, or takes too much memory.
    """
    calamine = _calamine()
    stream = seekable(source, resources)
    with reading(source.name, "workbook", calamine.CalamineError, ExpatError):
        _refuse_bombs(source, stream)
        book = calamine.CalamineWorkbook.from_filelike(stream)
        sheets = [
            Sheet(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    filled = [sheet for sheet in sheets if sheet.header]
    if not filled:
        raise DatasetError(f"{source.name} has no filled sheet.", "Drop a workbook with rows.")
    return filled


def _refuse_bombs(source: SourceFile, stream: Any) -> None:
    with zipfile.ZipFile(stream) as archive:
        total = sum(info.file_size for info in archive.infolist())
        if total > max(HARMLESS, source.size * LARGEST_RATIO):
            raise DatasetError(
                f"{source.name} unpacks to {total >> 20} MB.", "Drop the table as CSV."
            )
        refuse_oversized(source.name, archive)
    stream.seek(0)


def _plain(cell: Any) -> Any:
    """Return a cell as text or number; a blank cell as None, a date as ISO 8601."""
    if cell == "":
        return None
    return cell.isoformat() if isinstance(cell, date | datetime | time) else cell


def _calamine() -> Any:
    try:
        return importlib.import_module("python_calamine")
    except ImportError:
        raise DatasetError(
            "XLSX cannot be read here: the prepare layer is missing.",
            "Deploy the layer with the function, or drop the sheet as CSV.",
        ) from None
