"""Physical lines of a stream, in blocks, with a limit on their length."""

from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 1 << 18  # bytes; larger blocks cost more in page faults than they save in calls
LONGEST_LINE = 16 << 20  # bytes; a row may not be longer


def lines_of(
    stream: BinaryIO, newline: bytes = b"\n", longest: int = LONGEST_LINE
) -> Iterator[bytes]:
    """Yield each line without its end; memory is bounded by `longest`.

    A longer line comes cut to `longest + 1` bytes, which tells it from one that fits.
    """
    tail = b""
    cut = False  # the beginning of a too long line was given out; its rest is dropped
    while block := stream.read(BLOCK):
        lines = (tail + block if tail else block).split(newline)
        tail = lines.pop()
        if cut and lines:
            del lines[0]
            cut = False
        yield from lines  # none is longer than a block and what was bearable before
        if cut:
            tail = b""
        elif len(tail) > longest:
            yield tail[: longest + 1]
            tail, cut = b"", True
    if tail and not cut:
        yield tail[: longest + 1]
