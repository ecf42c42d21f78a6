"""Find out how a delimited file uses quotes, from its beginning."""

from collections import Counter

from tunedrop.dataset.readers.csv_rows import CsvRow, csv_rows
from tunedrop.dataset.readers.dialect import Dialect

MOSTLY = 0.5  # Share of the lines in which a column must be quoted, to say that quotes are used.
FEWEST_SPOILT = 2  # Rows that quotes must spoil, to say that they are part of the text.


def quoting_of(head: bytes, dialect: Dialect, *, whole: bool) -> Dialect:
    """Return the dialect with the quotes that the file uses.

    Args:
        head: the beginning of the file.
        dialect: with the right delimiter.
        whole: whether the head is the whole file; if not, its last line may not be complete.
    """
    lines = head.split(b"\n")
    sample = _Sample(lines if whole else lines[:-1], whole=whole)
    double, single = (dialect._replace(quote=quote) for quote in "\"'")
    if sample.is_mostly_quoted(single) and not sample.is_mostly_quoted(double):
        return sample.with_escapes(single)
    if not sample.opens_cells(double):
        return double
    escaped = sample.with_escapes(double)
    if sample.is_mostly_quoted(escaped) or not sample.is_spoilt_by(escaped):
        return escaped
    return dialect._replace(quote=None)


class _Sample:
    """The first lines of a file."""

    def __init__(self, lines: list[bytes], *, whole: bool) -> None:
        self._lines = lines
        self._whole = whole

    def opens_cells(self, dialect: Dialect) -> bool:
        """Whether a cell begins with a quote."""
        quote, delimiter = (dialect.quote or "").encode(), dialect.delimiter.encode()
        return any(line.startswith(quote) or delimiter + quote in line for line in self._lines)

    def is_mostly_quoted(self, dialect: Dialect) -> bool:
        """Whether in most lines the first, the last or another column is in quotes."""
        if not self.opens_cells(dialect):
            return False
        quote, delimiter = (dialect.quote or "").encode(), dialect.delimiter.encode()
        below = [line.rstrip(b"\r") for line in self._lines if line.strip()][1:]
        quoted: Counter[int] = Counter()
        for line in below:
            cells = line.split(delimiter)
            # The cells of a quoted value that contains delimiters are not known here.
            quoted[0] += cells[0].startswith(quote) and quote + delimiter in line
            quoted[-1] += cells[-1].endswith(quote) and delimiter + quote in line
            for at, cell in enumerate(cells[1:-1], 1):
                whole = len(cell) > 1 and cell.endswith(quote)
                closed = whole or any(each.endswith(quote) for each in cells[at + 1 : -1])
                quoted[at] += cell.startswith(quote) and closed
        return max(quoted.values(), default=0) > len(below) * MOSTLY

    def with_escapes(self, dialect: Dialect) -> Dialect:
        """Return the dialect with backslashes before quotes, if more rows can be read that way."""
        escape = b"\\" + (dialect.quote or "").encode()
        if not any(escape in line for line in self._lines):
            return dialect
        return min(dialect, dialect._replace(backslash=True), key=self._errors)

    def is_spoilt_by(self, dialect: Dialect) -> bool:
        """Whether reading quotes spoils more rows than need it."""
        rows = self._rows(dialect)
        width = len(rows[0].cells) if rows else 0
        spoilt = needed = 0
        for row in rows:
            plain = dialect.width(row.lines[0]) == width and len(row.lines) == 1
            if row.error is not None:
                spoilt += plain
            elif len(row.cells) == width:
                needed += not plain
        return spoilt >= FEWEST_SPOILT and spoilt > needed

    def _errors(self, dialect: Dialect) -> int:
        return sum(row.error is not None for row in self._rows(dialect))

    def _rows(self, dialect: Dialect) -> list[CsvRow]:
        size = sum(map(len, self._lines))
        rows = csv_rows(iter(self._lines), dialect, whole=self._whole, read_twice=size)
        return list(rows)
