"""fastText's files: `__label__` before each label, then the text, one row a line.

https://fasttext.cc/docs/en/supervised-tutorial.html
"""

import re
from collections.abc import Iterator

from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import LONGEST_LINE, lines_of
from tunedrop.dataset.readers.parts import Part, split_of
from tunedrop.dataset.readers.record import Record, RowError, utf8
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.readers.text import TextFile

PREFIX = "__label__"
EXAMINED_LINES = 20
LEAST_LABELLED = 0.75  # Share of these lines that begin with a label.
_LABELS = re.compile(rf"(?:{PREFIX}(\S+)(?:\s+|$))*")


def parts_of(source: SourceFile, text: TextFile) -> list[Part] | None:
    """Return a text whose first lines begin with a label, or None."""
    lines = [line for line in text.head.split(b"\n") if line.strip()][:EXAMINED_LINES]
    labelled = sum(line.startswith(PREFIX.encode()) for line in lines)
    if text.is_binary or labelled < len(lines) * LEAST_LABELLED:
        return None
    return [Part(FastText(text), source.name, split_of(source.name))]


class FastText:
    """The lines as rows with the columns `text` and `label`, a list where there are several."""

    format = "fastText"

    def __init__(self, text: TextFile) -> None:
        self._text = text

    def records(self) -> Iterator[Record]:
        """Yield the lines that are not blank."""
        row = 0
        with self._text.open() as stream:
            for number, line in enumerate(lines_of(stream, self._text.newline), 1):
                if not line.strip():
                    continue
                row += 1
                if len(line) > LONGEST_LINE:
                    yield Record(row, number, line[:8_192], error=too_long())
                    continue
                try:
                    yield Record(row, number, line, _fields(utf8(line)))
                except RowError as error:
                    yield Record(row, number, line, error=error)


def _fields(line: str) -> dict[str, object]:
    found = _LABELS.match(line)
    end = found.end() if found else 0
    labels = [word.removeprefix(PREFIX) for word in line[:end].split()]
    return {"text": line[end:].strip(), "label": labels[0] if len(labels) == 1 else labels}
