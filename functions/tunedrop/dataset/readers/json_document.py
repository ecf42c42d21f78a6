"""JSON documents with rows in lists, read without loading the whole document."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import BLOCK, LONGEST_LINE
from tunedrop.dataset.readers.record import Record
from tunedrop.dataset.readers.text import TextFile

# A complete string, a bracket, or the quote of a string that continues in the next block.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|"', re.DOTALL)
_TURN = re.compile(rb'\{\s*"(role|from)"')  # a message of a conversation, not a row
_BETWEEN = b", \t\r\n"

Element = tuple[str, int, bytes]
"""The list's key ("" at the top), the line, and the bytes of one element."""


class JsonDocument:
    """The rows of one list of a JSON document; `key` is "" for a document that is a list."""

    def __init__(self, text: TextFile, key: str = "") -> None:
        self._text = text
        self._key = key
        self.format = "JSON object" if key else "JSON array"

    def records(self) -> Iterator[Record]:
        """Yield one record for each element."""
        row = 0
        with self._text.open() as stream:
            for key, line, raw in elements_of(stream):
                if key != self._key:
                    continue
                row += 1
                if len(raw) > LONGEST_LINE:
                    yield Record(row, line, raw[:8_192], error=too_long())
                else:
                    yield Record(row, line, raw)


class JsonObjects:
    """JSON objects in succession, each over several lines."""

    def __init__(self, text: TextFile) -> None:
        self._text = text
        self.format = "JSON objects"

    def records(self) -> Iterator[Record]:
        """Yield one record for each object."""
        with self._text.open() as stream:
            for row, (_, line, raw) in enumerate(elements_of(stream, inside=True), 1):
                yield Record(row, line, raw)


def lists_of(text: TextFile) -> dict[str, bytes]:
    """Return the first element of each list of a JSON object that may hold rows, by its key."""
    found: dict[str, bytes] = {}
    with text.open() as stream:
        for key, _, raw in elements_of(stream):
            found.setdefault(key, raw)
    return {
        key: raw
        for key, raw in found.items()
        if key and raw[:1] in (b"{", b"[") and not _TURN.match(raw)
    }


def elements_of(
    stream: BinaryIO, longest: int = LONGEST_LINE, *, inside: bool = False
) -> Iterator[Element]:
    """Yield the elements of every list that is not itself part of an element.

    Anything between two elements except a comma is an element too, so that nothing is lost. An
    element longer than `longest`, or without an end, is yielded as far as it was read, together
    with everything that follows it.
    """
    scanner = _Scanner(inside=inside)
    while block := stream.read(BLOCK):
        yield from scanner.feed(block)
        if scanner.pending > longest + BLOCK:
            break
    yield from scanner.rest()


class _Scanner:
    """Finds the ends of elements by counting brackets outside of strings."""

    def __init__(self, *, inside: bool) -> None:
        self._buffer = b""
        self._line = 1  # Line number of the position up to which lines are counted.
        self._counted = 0
        self._outer = 0  # Open objects around the list.
        self._inside = inside  # Inside of a list, or between objects in succession.
        self._key = b""

    @property
    def pending(self) -> int:
        """Bytes that are read and not yet yielded."""
        return len(self._buffer)

    def feed(self, block: bytes) -> Iterator[Element]:
        """Yield the elements that are complete with this block."""
        self._buffer += block
        depth = start = done = 0  # `depth` counts brackets inside of the current element.
        for token in _TOKEN.finditer(self._buffer):
            text = token.group()
            if text == b'"':
                break
            if not self._inside:
                self._outside(text)
                done = token.end()
                continue
            if depth == 0:
                if text == b"]":
                    yield from self._between(done, token.start())
                    self._inside, done = False, token.end()
                    continue
                start = token.start()
            depth += (text in b"[{") - (text in b"]}")
            if depth == 0:
                yield from self._between(done, start)
                yield self._element(start, self._buffer[start : token.end()])
                done = token.end()
        self._at(done)
        self._buffer = self._buffer[done:]
        self._counted = 0

    def rest(self) -> Iterator[Element]:
        """Yield what is left at the end of the document."""
        left = self._buffer.strip(_BETWEEN)
        if left and (self._inside or not self._key):
            yield self._element(self._counted, left)

    def _outside(self, text: bytes) -> None:
        if text == b"[":
            self._inside = True
        elif text == b"{":
            self._outer += 1
        elif text == b"}":
            self._outer -= 1
        elif self._outer:
            self._key = text[1:-1]

    def _between(self, done: int, start: int) -> Iterator[Element]:
        for left in self._buffer[done:start].split(b","):
            if left.strip(_BETWEEN):
                blank = len(left) - len(left.lstrip(_BETWEEN))
                yield self._element(done + blank, left.strip(_BETWEEN))
            done += len(left) + 1

    def _element(self, start: int, raw: bytes) -> Element:
        return self._key.decode("utf-8", "replace"), self._at(start), raw

    def _at(self, position: int) -> int:
        """Return the line of a position; positions must ascend."""
        self._line += self._buffer.count(b"\n", self._counted, position)
        self._counted = position
        return self._line
