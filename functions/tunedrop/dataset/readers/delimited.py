"""CSV and similar tables, with comma, tab, semicolon or bar as the delimiter."""

from collections.abc import Iterator

from tunedrop.dataset.readers.csv_rows import CsvRow, csv_rows
from tunedrop.dataset.readers.dialect import Dialect
from tunedrop.dataset.readers.header import dialect_of, first_rows, made_up_header, unique
from tunedrop.dataset.readers.lines import lines_of
from tunedrop.dataset.readers.parts import Part, split_of
from tunedrop.dataset.readers.prose import is_named_as_prose
from tunedrop.dataset.readers.record import Record, RowError, utf8
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.readers.text import TextFile

FEWEST_LINES = 4  # Lines of equal width that are needed to read a .txt or .md as a table.


class Delimited:
    """A delimited file, with a header or without."""

    def __init__(self, text: TextFile, dialect: Dialect) -> None:
        self._text = text
        self._dialect = dialect
        self.format = dialect.name
        self._header = made_up_header(text.head, dialect)

    def records(self) -> Iterator[Record]:
        """Yield the rows below the header; blank lines are no rows."""
        header = self._header
        number = 0
        with self._text.open() as stream:
            for row in csv_rows(lines_of(stream, self._text.newline), self._dialect):
                if header is None and row.error is None:
                    header = unique(row.cells)
                    continue
                number += 1
                yield _record(number, row, header or [])


def _record(number: int, row: CsvRow, header: list[str]) -> Record:
    raw, values, error = b"\n".join(row.lines), row.cells, row.error
    if error is None and not raw.isascii():
        try:
            utf8(raw)
        except RowError as found:
            error = found
    if error is None and len(values) > len(header):
        error = RowError(
            "column_count",
            f"The row has {len(values)} values, the header names {len(header)} columns.",
            fix="Put values that contain the delimiter in double quotes.",
        )
    if error is not None:
        return Record(number, row.line, raw, error=error)
    values += [""] * (len(header) - len(values))
    return Record(number, row.line, raw, dict(zip(header, values, strict=True)))


def parts_of(source: SourceFile, text: TextFile) -> list[Part] | None:
    """Return the text as a table, or None when it is not one."""
    dialect = None if text.is_binary else dialect_of(text.head)
    if dialect is None or (is_named_as_prose(source) and _is_prose(text.head, dialect)):
        return None
    return [Part(Delimited(text, dialect), source.name, split_of(source.name))]


def _is_prose(head: bytes, dialect: Dialect) -> bool:
    """Whether lines with delimiters are no table, because their widths differ or they are few."""
    rows = first_rows(head, dialect)
    has_headings = dialect.skipped > 0  # In Markdown, a line with # is a heading and no comment.
    return has_headings or len({len(row) for row in rows}) > 1 or len(rows) < FEWEST_LINES
