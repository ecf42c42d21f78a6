"""JSON Lines: one object a line."""

from collections.abc import Iterator

from tunedrop.dataset.readers.lines import LONGEST_LINE, lines_of
from tunedrop.dataset.readers.text import TextFile
from tunedrop.dataset.record import Record, RowError


class JsonLines:
    """A JSON Lines file; blank lines are no rows."""

    def __init__(self, text: TextFile) -> None:
        self._text = text
        self.format = "JSON Lines"

    def records(self) -> Iterator[Record]:
        """Yield a record a line; the JSON is parsed where it is needed."""
        row = 0
        with self._text.open() as stream:
            for number, line in enumerate(lines_of(stream, self._text.newline), 1):
                if not line or line.isspace():
                    continue
                row += 1
                if len(line) > LONGEST_LINE:
                    yield Record(row, number, line[:8_192], error=too_long())
                else:
                    yield Record(row, number, line)


def too_long() -> RowError:
    """Return the error of a row that is longer than we take."""
    limit = LONGEST_LINE >> 20
    return RowError("row_too_long", f"The row is longer than {limit} MB.", fix="Split the row.")
