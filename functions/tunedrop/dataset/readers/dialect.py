"""How a delimited file is written: its delimiter, its quotes, and what stands above the header."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

DELIMITERS = {",": "CSV", "\t": "TSV", ";": "CSV (semicolons)", "|": "CSV (bars)"}
_QUOTES = {'"': "", "'": "single quotes", None: "quotes belong to the text"}
_ESCAPE = re.compile(rb"\\([\\\"'])")


class Dialect(NamedTuple):
    """How the cells of a file are told apart.

    `quote` encloses cells; with None, quotes are part of the text. With `backslash`, a quote inside
    a cell has a backslash before it; it is doubled in either case. `skipped` lines stand above the
    header.
    """

    delimiter: str
    quote: str | None = '"'
    backslash: bool = False
    skipped: int = 0

    @property
    def name(self) -> str:
        """The format in words; what is unusual stands in parentheses."""
        name = DELIMITERS.get(self.delimiter, f"CSV ({self.delimiter})")
        unusual = [_QUOTES[self.quote], "quotes after a backslash" if self.backslash else ""]
        for each in filter(None, unusual):
            name = f"{name[:-1]}, {each})" if name.endswith(")") else f"{name} ({each})"
        return name

    def cells_of(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Return an iterator over the rows in these lines.

        Its `next` raises csv.Error where a closing quote is followed by more than a delimiter, and
        can be called again afterwards.
        """
        if self.quote is None:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, strict=True)

    def plain(self, line: bytes) -> bytes:
        """Return a line as `cells_of` reads it: with doubled quotes instead of backslashes."""
        if not self.backslash or b"\\" not in line or self.quote is None:
            return line
        quote = self.quote.encode()
        return _ESCAPE.sub(
            lambda found: quote * 2 if found.group(1) == quote else found.group(), line
        )

    def width(self, line: bytes) -> int:
        """Return how many cells a line has if quotes are part of the text."""
        return line.count(self.delimiter.encode()) + 1
