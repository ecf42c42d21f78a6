"""CSV and similar tables, with comma, tab, semicolon or bar as the delimiter."""

import csv
from collections.abc import Iterator

from tunedrop.dataset.readers.header import (
    DELIMITERS,
    delimiter_of,
    first_rows,
    made_up_header,
    unique,
)
from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import LONGEST_LINE, lines_of
from tunedrop.dataset.readers.parts import Part, split_of
from tunedrop.dataset.readers.prose import is_named_as_prose
from tunedrop.dataset.readers.record import Record, RowError, utf8
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.readers.text import TextFile

FEWEST_LINES = 4  # Lines of equal width that are needed to read a .txt or .md as a table.
LONGEST_QUOTE = 1_000  # Lines after which a quoted value counts as never closed.


class UnclosedQuoteError(Exception):
    """A quoted value does not end where a value may end."""


class Delimited:
    """A delimited file, with a header or without."""

    def __init__(self, text: TextFile, delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self.format = DELIMITERS[delimiter]
        self._header = made_up_header(text.head, delimiter)

    def records(self) -> Iterator[Record]:
        """Yield the rows below the header; blank lines are no rows."""
        csv.field_size_limit(LONGEST_LINE)
        row = 0
        header = self._header
        with self._text.open() as stream:
            feed = _Feed(lines_of(stream, self._text.newline))
            reader = csv.reader(feed, delimiter=self._delimiter)
            while True:
                feed.begin()
                try:
                    values = next(reader)
                    error = None
                except StopIteration:
                    return
                except (csv.Error, UnclosedQuoteError) as found:
                    values, error = [], feed.give_back(found)
                if not values and error is None:
                    continue
                if header is None and error is None:
                    header = unique(values)
                    continue
                row += 1
                yield _record(row, feed, header or [], values, error)


def _record(
    row: int, feed: "_Feed", header: list[str], values: list[str], error: RowError | None
) -> Record:
    raw = b"\n".join(feed.taken)
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
        return Record(row, feed.line, raw, error=error)
    values += [""] * (len(header) - len(values))
    return Record(row, feed.line, raw, dict(zip(header, values, strict=True)))


class _Feed:
    """Feeds lines to the csv module and remembers those of the current row."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._returned: list[bytes] = []
        self._number = 0
        self._longest_quote = LONGEST_QUOTE
        self.taken: list[bytes] = []

    @property
    def line(self) -> int:
        """The 1-based physical line on which the current row begins."""
        return self._number - len(self.taken) + 1

    def begin(self) -> None:
        self.taken = []

    def give_back(self, error: Exception) -> RowError:
        """Keep the first line as the broken row; the other lines are read again."""
        rest = self.taken[1:]
        self._returned = rest[::-1] + self._returned
        self._number -= len(rest)
        self.taken = self.taken[:1]
        # A file with many broken quotes would otherwise take long to read.
        self._longest_quote = max(2, self._longest_quote // 2)
        if len(self.taken[0]) > LONGEST_LINE:
            return too_long()
        if isinstance(error, UnclosedQuoteError):
            return RowError(
                "unclosed_quote",
                "A double quote opens a value and is never closed.",
                fix='Close the quote, or write a quote inside a value as "".',
            )
        return RowError("invalid_csv", f"The row cannot be read: {error}.")

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self._longest_quote:
            raise UnclosedQuoteError
        line = self._returned.pop() if self._returned else next(self._lines, None)
        if line is None:
            if self.taken:
                raise UnclosedQuoteError
            raise StopIteration
        self._number += 1
        self.taken.append(line)
        return line.removesuffix(b"\r").decode("utf-8", "replace") + "\n"


def parts_of(source: SourceFile, text: TextFile) -> list[Part] | None:
    """Return the text as a table, or None when it is not one."""
    delimiter = None if text.is_binary else delimiter_of(text.head)
    if delimiter is None or (is_named_as_prose(source) and _is_prose(text.head, delimiter)):
        return None
    return [Part(Delimited(text, delimiter), source.name, split_of(source.name))]


def _is_prose(head: bytes, delimiter: str) -> bool:
    """Whether lines with delimiters are no table, because their widths differ or they are few."""
    rows = first_rows(head, delimiter)
    return len({len(row) for row in rows}) > 1 or len(rows) < FEWEST_LINES
