"""The rows of a delimited file, each with its lines; a broken row costs only its first line."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from tunedrop.dataset.readers.dialect import Dialect
from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import LONGEST_LINE
from tunedrop.dataset.readers.record import RowError

# Bytes that may be read twice because of quotes that are never closed, besides as many as the file
# has. A file of nothing but such quotes would otherwise be read once for each of its lines.
READ_TWICE = 2 * LONGEST_LINE
GLUED_CELLS = 8  # Delimiters in the lines of one row from which on it counts as several rows.


class UnclosedQuoteError(Exception):
    """A quoted value does not end where a value may end."""


class CsvRow(NamedTuple):
    """A row: the number of its first line, its lines, and its cells or its error."""

    line: int
    lines: list[bytes]
    cells: list[str]
    error: RowError | None


def csv_rows(
    lines: Iterator[bytes], dialect: Dialect, *, whole: bool = True, read_twice: int = READ_TWICE
) -> Iterator[CsvRow]:
    """Yield the rows that are not blank, the header first.

    Args:
        lines: from the first line of the file, without line ends.
        dialect: how the file is written.
        whole: False if the lines are only the beginning of a file; a last row that may not be
            complete is then left out.
        read_twice: bytes that may be read twice, besides as many as there are.
    """
    csv.field_size_limit(LONGEST_LINE)
    feed = _Feed(lines, dialect, whole=whole, read_twice=read_twice)
    reader = dialect.cells_of(feed)
    width = 0
    while True:
        feed.begin()
        try:
            cells = next(reader)
            error = None
        except StopIteration:
            return
        except (csv.Error, UnclosedQuoteError) as found:
            cells, error = [], feed.give_back(found)
        if len(feed.taken) > 1 and width and are_glued(feed.taken, dialect, width):
            cells, error = [], feed.give_back(UnclosedQuoteError())
        if not cells and error is None:
            continue
        width = width or len(cells)
        yield CsvRow(feed.line, feed.taken, cells, error)


def are_glued(lines: list[bytes], dialect: Dialect, width: int) -> bool:
    """Whether the lines of one row are really rows by themselves, behind a stray quote.

    Every one of them then has as many cells as the header. In a table with tabs this is enough.
    With other delimiters, which texts contain too, several lines must agree.
    """
    if len(lines) == 1 or any(dialect.width(line) != width for line in lines):
        return False
    return dialect.delimiter == "\t" or (width - 1) * len(lines) >= GLUED_CELLS


class _Feed:
    """Feeds lines to the csv module and remembers those of the current row."""

    def __init__(
        self, lines: Iterator[bytes], dialect: Dialect, *, whole: bool, read_twice: int
    ) -> None:
        self._lines = lines
        self._whole = whole
        self._dialect = dialect
        self._returned: list[bytes] = []  # Lines to be read again, the next one last.
        self._number = 0
        self._size = 0  # Bytes of the current row.
        self._spare = read_twice
        self.taken: list[bytes] = []
        for _ in range(dialect.skipped):
            next(lines, None)
            self._number += 1

    @property
    def line(self) -> int:
        """The 1-based physical line on which the current row begins."""
        return self._number - len(self.taken) + 1

    def begin(self) -> None:
        """Begin a row."""
        self._spare += self._size
        self._size = 0
        self.taken = []

    def give_back(self, error: Exception) -> RowError:
        """Keep the first line as the broken row; the other lines are read again."""
        rest = self.taken[1:]
        self._returned.extend(reversed(rest))
        self._number -= len(rest)
        self.taken = self.taken[:1]
        self._spare -= self._size
        self._size = len(self.taken[0])
        if self._size > LONGEST_LINE:
            return too_long()
        if isinstance(error, UnclosedQuoteError):
            return RowError(
                "unclosed_quote",
                "A quote opens a value and is never closed.",
                fix='Close the quote, or write a quote inside a value as "".',
            )
        if "expected after" in str(error):
            return RowError(
                "stray_quote",
                "A quote opens a value, and behind the next quote there is no delimiter.",
                fix='Write a quote inside a value as "".',
            )
        return RowError("invalid_csv", f"The row cannot be read: {error}.")

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.taken and self._size > min(LONGEST_LINE, self._spare):
            raise UnclosedQuoteError
        line = self._returned.pop() if self._returned else next(self._lines, None)
        if line is None:
            if self.taken and self._whole:
                raise UnclosedQuoteError
            raise StopIteration
        self._number += 1
        self.taken.append(line)
        self._size += len(line)
        plain = self._dialect.plain(line.removesuffix(b"\r"))
        return plain.decode("utf-8", "replace") + "\n"
