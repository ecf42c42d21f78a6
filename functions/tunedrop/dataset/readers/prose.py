"""Plain text and Markdown: one row for each paragraph."""

from collections.abc import Iterator

from tunedrop.dataset.readers.lines import lines_of
from tunedrop.dataset.readers.parts import Part, split_of
from tunedrop.dataset.readers.record import Record, RowError, utf8
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.readers.text import TextFile

LONGEST_PARAGRAPH = 16_384  # Bytes; a longer paragraph is divided at the end of a line.


SUFFIXES = (".md", ".markdown", ".txt", ".rst")


def is_named_as_prose(source: SourceFile) -> bool:
    """Whether the file's extension is one of plain text or Markdown."""
    return source.name.lower().endswith(SUFFIXES)


def parts_of(source: SourceFile, text: TextFile) -> list[Part] | None:
    """Return a text that is named as prose, or None."""
    if text.is_binary or not is_named_as_prose(source):
        return None
    return [Part(Prose(text), source.name, split_of(source.name))]


class Prose:
    """Paragraphs separated by blank lines; a fenced code block is not divided."""

    def __init__(self, text: TextFile) -> None:
        self._text = text
        self.format = "plain text"

    def records(self) -> Iterator[Record]:
        """Yield the paragraphs as rows with the one column `text`."""
        for row, (line, raw) in enumerate(self._paragraphs(), 1):
            try:
                yield Record(row, line, raw, {"text": utf8(raw)})
            except RowError as error:
                yield Record(row, line, raw, error=error)

    def _paragraphs(self) -> Iterator[tuple[int, bytes]]:
        first, size, fenced = 1, 0, False
        lines: list[bytes] = []
        with self._text.open() as stream:
            for number, line in enumerate(lines_of(stream, self._text.newline), 1):
                bare = line.rstrip(b"\r")
                fenced ^= bare.lstrip().startswith(b"```")
                ends = (not bare.strip() and not fenced) or size > LONGEST_PARAGRAPH
                if ends and lines:
                    yield first, b"\n".join(lines)
                    lines, size = [], 0
                if bare.strip() or (fenced and lines):
                    first = first if lines else number
                    lines.append(bare)
                    size += len(bare)
        if lines:
            yield first, b"\n".join(lines)
