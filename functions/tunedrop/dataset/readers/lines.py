"""Physical lines of a stream, with a limit on their length."""

import io
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast

BUFFER = 1 << 16  # Bytes read at once to find lines.
BLOCK = 1 << 20  # Bytes read at once where lines are not needed.
LONGEST_LINE = 16 << 20  # Bytes that a row may have.


def whole_lines(
    stream: BinaryIO, newline: bytes = b"\n", longest: int = LONGEST_LINE
) -> Iterator[bytes]:
    """Yield each line with its line end, in bounded memory. The last line may have no end.

    A line longer than `longest` is cut to `longest + 2` bytes, so that it can be recognised.
    """
    if newline != b"\n":
        stream = cast("BinaryIO", _Translated(stream))
    buffered = io.BufferedReader(RawStream(stream), BUFFER)
    for line in iter(partial(buffered.readline, longest + 2), b""):
        yield line
        if len(line) > longest + 1 and not line.endswith(b"\n"):
            while (rest := buffered.readline(BLOCK)) and not rest.endswith(b"\n"):
                pass  # the rest of the long line is dropped


def lines_of(
    stream: BinaryIO, newline: bytes = b"\n", longest: int = LONGEST_LINE
) -> Iterator[bytes]:
    """Yield each line without its line end.

    A line longer than `longest` is cut to `longest + 1` bytes, so that it can be recognised.
    """
    for line in whole_lines(stream, newline, longest):
        yield line[:-1] if line.endswith(b"\n") else line[: longest + 1]


class RawStream(io.RawIOBase):
    """Any object with `read`, as the raw stream that `io.BufferedReader` needs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer and return the number of bytes."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        block = self._stream.read(len(view))
        view[: len(block)] = block
        return len(block)


class _Translated:
    """A stream whose lines end with CR, LF or both, as a stream whose lines all end with LF."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._after_return = False  # Whether the last block ended with CR.

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; none at the end of the stream."""
        while block := self._stream.read(size):
            text = block[1:] if self._after_return and block.startswith(b"\n") else block
            self._after_return = block.endswith(b"\r")
            if text:
                return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return b""
