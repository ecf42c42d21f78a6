"""JSON Lines: one object a line."""

from collections.abc import Iterator

from tunedrop.dataset.readers.lines import LONGEST_LINE, whole_lines
from tunedrop.dataset.readers.record import Record, RowError
from tunedrop.dataset.readers.text import TextFile


class JsonLines:
    """A JSON Lines file. A row has the number of its line; blank lines are skipped."""

    def __init__(self, text: TextFile) -> None:
        self._text = text
        self.format = "JSON Lines"

    def records(self) -> Iterator[Record]:
        """Yield a record for each line; its JSON is parsed later, where it is needed."""
        for number, line in enumerate(self.lines(), 1):
            record = record_of(line, number, number)
            if record is not None:
                yield record

    def lines(self) -> Iterator[bytes]:
        """Yield every line with its line end; a line that is too long is cut and has none."""
        with self._text.open() as stream:
            yield from whole_lines(stream, self._text.newline)


def record_of(line: bytes, row: int, number: int) -> Record | None:
    """Return a line as a record, or None when it is blank.

    Args:
        line: as `JsonLines.lines` yields it.
        row: the number of the row in the drop.
        number: the number of the line in its file.
    """
    if line.isspace():
        return None
    if len(line) > LONGEST_LINE + 1:
        return Record(row, number, line[:8_192], error=too_long())
    return Record(row, number, line.removesuffix(b"\n"))


def too_long() -> RowError:
    """Return the error of a row that exceeds the limit."""
    limit = LONGEST_LINE >> 20
    return RowError("row_too_long", f"The row is longer than {limit} MB.", fix="Split the row.")
