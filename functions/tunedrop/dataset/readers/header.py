"""Find the delimiter of a table, and whether it has a header, from its first rows."""

import csv
from collections import Counter

from tunedrop.dataset.column_names import KNOWN_NAMES

DELIMITERS = {",": "CSV", "\t": "TSV", ";": "CSV (semicolons)", "|": "CSV (bars)"}
SNIFFED_ROWS, SNIFFED_BYTES = 50, 1 << 18  # The part of the file that is examined.
LONGEST_NAME = 64  # Characters; a longer cell is a value and not a column name.


def delimiter_of(head: bytes) -> str | None:
    """Return the delimiter under which most of the first rows have the same width (> 1)."""
    best: tuple[int, int, str] | None = None
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in first_rows(head, delimiter))
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if width > 1 and (best is None or (rows, width) > best[:2]):
            best = (rows, width, delimiter)
    return best[2] if best else None


def first_rows(head: bytes, delimiter: str) -> list[list[str]]:
    """Return the first rows that are not empty, up to the first error."""
    lines = head[:SNIFFED_BYTES].decode("utf-8", "replace").splitlines(keepends=True)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines[: SNIFFED_ROWS + 1], delimiter=delimiter):
            if row:
                rows.append(row)  # noqa: PERF401 - keeps what was read before an error
    except csv.Error:
        pass
    return rows


def made_up_header(head: bytes, delimiter: str) -> list[str] | None:
    """Return column names for a file without a header, or None when it has a header.

    The first row is data when it has a number, a long text, or a value that is repeated below it.
    """
    rows = first_rows(head, delimiter)
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
