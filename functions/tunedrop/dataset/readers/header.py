"""Find the dialect of a table, and whether it has a header, from its first rows."""

import re
from collections import Counter
from itertools import islice, takewhile

from tunedrop.dataset.column_names import KNOWN_NAMES
from tunedrop.dataset.readers.csv_rows import csv_rows
from tunedrop.dataset.readers.dialect import DELIMITERS, Dialect
from tunedrop.dataset.readers.quoting import quoting_of
from tunedrop.dataset.readers.source import HEAD

SNIFFED_ROWS, SNIFFED_BYTES = 50, 1 << 18  # The part of the file in which the delimiter is found.
QUOTED_BYTES = 1 << 20  # The part in which the quotes are found.
LONGEST_NAME = 64  # Characters; a longer cell is a value and not a column name.
_SEP = re.compile(rb'"?sep=(.)"?\r?\n', re.IGNORECASE)  # Excel's own first line


def dialect_of(head: bytes) -> Dialect | None:
    """Return how a table is written, or None when the text is no table.

    The delimiter is the one with which most of the first rows have the same width (> 1).
    """
    declared = _SEP.match(head)
    if declared:
        delimiter = declared.group(1).decode("latin-1")
        dialect = Dialect(delimiter, skipped=1)
        return quoting_of(head[:QUOTED_BYTES], dialect, whole=_is_whole(head, QUOTED_BYTES))
    above = _lines_with_hash(head)
    found = _delimiter_of(head, len(above)) or _delimiter_of(head, 0)
    if found is None:
        return None
    width, dialect = found
    comments = [at for at, line in enumerate(above, 1) if not _may_be_a_row(line, width, dialect)]
    dialect = dialect._replace(skipped=max(comments, default=0))
    return quoting_of(head[:QUOTED_BYTES], dialect, whole=_is_whole(head, QUOTED_BYTES))


def _delimiter_of(head: bytes, skipped: int) -> tuple[int, Dialect] | None:
    best: tuple[int, int, Dialect] | None = None
    for dialect in (
        Dialect(delimiter, quote, skipped=skipped) for quote in "\"'" for delimiter in DELIMITERS
    ):
        widths = Counter(len(row) for row in first_rows(head, dialect))
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if width > 1 and (best is None or (rows, width) > best[:2]):
            best = (rows, width, dialect)
    return best[1:] if best else None


def _lines_with_hash(head: bytes) -> list[bytes]:
    """Return the lines at the beginning that may be comments."""
    lines = head[:SNIFFED_BYTES].split(b"\n", SNIFFED_ROWS)[:SNIFFED_ROWS]
    return list(takewhile(lambda line: line.startswith(b"#"), lines))


def _may_be_a_row(line: bytes, width: int, dialect: Dialect) -> bool:
    """Whether a line with # belongs to the table, such as `#id,text` or `#happy today,joy`."""
    return dialect.width(line) == width and re.match(rb"#+\w", line) is not None


def _is_whole(head: bytes, size: int) -> bool:
    """Whether the first `size` bytes of the head are the whole file."""
    return len(head) <= size and len(head) < HEAD


def first_rows(head: bytes, dialect: Dialect) -> list[list[str]]:
    """Return the first rows that are not empty and not broken."""
    lines = iter(head[:SNIFFED_BYTES].split(b"\n"))
    whole = _is_whole(head, SNIFFED_BYTES)
    rows = csv_rows(lines, dialect, whole=whole, read_twice=SNIFFED_BYTES)
    return [row.cells for row in islice(rows, SNIFFED_ROWS + 1) if row.error is None]


def made_up_header(head: bytes, dialect: Dialect) -> list[str] | None:
    """Return column names for a file without a header, or None when it has a header.

    The first row is data when it has a number, a long text, or a value that is repeated below it.
    """
    rows = first_rows(head, dialect)
    if len(rows) < 2 or any(cell.strip().lower() in KNOWN_NAMES for cell in rows[0]):  # noqa: PLR2004
        return None
    below = Counter((at, cell) for row in rows[1:] for at, cell in enumerate(row) if cell)
    for at, cell in enumerate(rows[0]):
        if len(cell) > LONGEST_NAME or _is_number(cell) or below[at, cell] > 1:
            return [f"column {number}" for number in range(1, len(rows[0]) + 1)]
    return None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def unique(header: list[str]) -> list[str]:
    """Return the column names stripped; empty and repeated names get a number."""
    names: list[str] = []
    for position, name in enumerate(header, 1):
        plain = name.strip() or f"column {position}"
        names.append(plain if plain not in names else f"{plain} ({position})")
    return names
