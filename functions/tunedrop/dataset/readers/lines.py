"""Physical lines of a stream, with a limit on their length."""

import io
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast

BUFFER = 1 << 16  # bytes read at once
BLOCK = 1 << 20  # the same where lines are not looked for
LONGEST_LINE = 16 << 20  # bytes; a row may not be longer


def whole_lines(
    stream: BinaryIO, newline: bytes = b"\n", longest: int = LONGEST_LINE
) -> Iterator[bytes]:
    """Yield each line with its end, which the last one may lack; memory is bounded by `longest`.

    A longer line comes cut to `longest + 2` bytes, which tells it from one that fits.
    """
    if newline != b"\n":
        stream = cast("BinaryIO", _Translated(stream, newline))
    buffered = io.BufferedReader(RawStream(stream), BUFFER)
    for line in iter(partial(buffered.readline, longest + 2), b""):
        yield line
        if len(line) > longest + 1 and not line.endswith(b"\n"):
            while (rest := buffered.readline(BLOCK)) and not rest.endswith(b"\n"):
                pass  # what is too much is not kept


def lines_of(
    stream: BinaryIO, newline: bytes = b"\n", longest: int = LONGEST_LINE
) -> Iterator[bytes]:
    """Yield each line without its end.

    A longer line comes cut to `longest + 1` bytes, which tells it from one that fits.
    """
    for line in whole_lines(stream, newline, longest):
        yield line[:-1] if line.endswith(b"\n") else line[: longest + 1]


class RawStream(io.RawIOBase):
    """Anything with `read`, as the raw stream that Python's buffer in C needs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer; return how many bytes there were."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        block = self._stream.read(len(view))
        view[: len(block)] = block
        return len(block)


class _Translated:
    """A stream whose lines end with something else, read as if they ended with a line feed."""

    def __init__(self, stream: BinaryIO, newline: bytes) -> None:
        self._stream = stream
        self._table = bytes.maketrans(newline, b"\n")

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        return self._stream.read(size).translate(self._table)
