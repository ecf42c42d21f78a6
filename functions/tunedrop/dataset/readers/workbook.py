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
from tunedrop.dataset.readers.header import unique
from tunedrop.dataset.readers.parts import Part, split_of
from tunedrop.dataset.readers.record import Record
from tunedrop.dataset.readers.source import SourceFile, seekable
from tunedrop.dataset.readers.workbook_size import refuse_oversized
from tunedrop.errors import DatasetError


class Sheet:
    """One sheet with a header in its first filled row; blank rows are skipped."""

    format = "XLSX"

    def __init__(self, name: str, rows: list[list[Any]]) -> None:
        self.name = name
        filled = [(line, row) for line, row in enumerate(rows, 1) if any(c != "" for c in row)]
        self.header = unique([str(cell) for cell in filled[0][1]]) if filled else []
        self._rows = filled[1:]

    def records(self) -> Iterator[Record]:
        """Yield the rows below the header; `line` is the sheet's row number."""
        for row, (line, cells) in enumerate(self._rows, 1):
            values = [_plain(cell) for cell in cells] + [None] * (len(self.header) - len(cells))
            yield Record(row, line, b"", dict(zip(self.header, values, strict=False)))


def parts_of(source: SourceFile, resources: ExitStack) -> list[Part]:
    """Return every sheet that has the first filled sheet's header, as a part."""
    return [
        Part(
            sheet,
            f"{source.name}, sheet {sheet.name}",
            split_of(sheet.name) or split_of(source.name),
        )
        for sheet in sheets_of(source, resources)
    ]


def sheets_of(source: SourceFile, resources: ExitStack) -> list[Sheet]:
    """Return the sheets with the same header as the first filled sheet.

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
    return [sheet for sheet in filled if sheet.header == filled[0].header]


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
