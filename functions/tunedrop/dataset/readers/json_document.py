"""A JSON document that holds the rows in a list, read without holding the whole of it."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import BLOCK, LONGEST_LINE
from tunedrop.dataset.readers.text import TextFile
from tunedrop.dataset.record import Record

# A complete string, a bracket, or a quote whose string goes on in the next block.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|"', re.DOTALL)
_BETWEEN = b", \t\r\n"


class JsonArray:
    """A file that is one JSON array of objects."""

    def __init__(self, text: TextFile) -> None:
        self._text = text
        self.format = "JSON array"

    def records(self) -> Iterator[Record]:
        """Yield one record an element."""
        with self._text.open() as stream:
            for row, (line, raw) in enumerate(elements_of(stream), 1):
                if len(raw) > LONGEST_LINE:
                    yield Record(row, line, raw[:8_192], error=too_long())
                else:
                    yield Record(row, line, raw)


def elements_of(stream: BinaryIO, longest: int = LONGEST_LINE) -> Iterator[tuple[int, bytes]]:
    """Yield (line, bytes) of each element of the array at the top of the document.

    What stands between two elements and is no comma is an element of its own, so that nothing
    vanishes. An element that grows past `longest` or never ends is given out as far as it was
    read; what follows it cannot be told apart and is that element's.
    """
    scanner = _Scanner()
    while block := stream.read(BLOCK):
        yield from scanner.feed(block)
        if scanner.pending > longest + BLOCK:
            break
    yield from scanner.rest()


class _Scanner:
    """Finds the ends of elements by counting brackets outside strings."""

    def __init__(self) -> None:
        self._buffer = b""
        self._line = 1  # of the buffer's first byte
        self._inside = False
        self._closed = False
        self._counted = 0  # the position up to which lines are counted

    @property
    def pending(self) -> int:
        """Bytes read but not yet given out."""
        return len(self._buffer)

    def feed(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the elements that are complete with this block."""
        self._buffer += block
        depth = 1 if self._inside and not self._closed else 0
        start = done = 0
        for token in _TOKEN.finditer(self._buffer):
            text = token.group()
            if text == b'"':
                break
            if depth == 0:
                if text == b"[" and not self._inside:
                    depth, self._inside, done = 1, True, token.end()
                continue
            if depth == 1:
                start = token.start()
            if text in b"[{":
                depth += 1
            elif text in b"]}":
                depth -= 1
            if depth == 1:
                yield from self._between(done, start)
                yield self._at(start), self._buffer[start : token.end()]
                done = token.end()
            elif depth == 0:
                yield from self._between(done, token.start())
                self._closed, done = True, token.end()
        self._at(done)
        self._buffer = self._buffer[done:]
        self._counted = 0

    def rest(self) -> Iterator[tuple[int, bytes]]:
        """Yield what is left when the document has ended."""
        left = self._buffer.strip(_BETWEEN)
        if left:
            yield self._line, left

    def _between(self, done: int, start: int) -> Iterator[tuple[int, bytes]]:
        for left in self._buffer[done:start].split(b","):
            if left.strip(_BETWEEN):
                blank = len(left) - len(left.lstrip(_BETWEEN))
                yield self._at(done + blank), left.strip(_BETWEEN)
            done += len(left) + 1

    def _at(self, position: int) -> int:
        """Return the line of a position, which only ever moves forward."""
        self._line += self._buffer.count(b"\n", self._counted, position)
        self._counted = position
        return self._line
