"""Checked rows, kept on disk between the first look at the file and the choice of splits."""

import shutil
import tempfile
from array import array
from collections.abc import Iterator
from typing import Self

import msgspec

from tunedrop.dataset.document import Message
from tunedrop.dataset.reread import Again
from tunedrop.dataset.shapes.example import Example

BLOCK = 1 << 18  # bytes written or read at once
SHARE_OF_DISK = 0.4  # of what is free


class Spool:
    """Encoded rows in the order in which they came; use as a context manager."""

    def __init__(
        self, *, indexed: bool = False, limit: int | None = None, again: Again | None = None
    ) -> None:
        """Begin with nothing.

        Args:
            indexed: whether single rows will be asked for.
            limit: bytes that may be written; beyond, the spool is given up and `again` asked.
            again: reads the kept rows from the source once more.
        """
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by __exit__
        self._limit = room_for_spool() if limit is None else limit
        self._again = again
        self._rows = array("I")
        self.is_given_up = False
        self._encoder = msgspec.json.Encoder()
        self._waiting = bytearray()
        self._written = 0
        self._offsets = array("Q") if indexed else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: int, example: Example) -> None:
        """Encode a row and keep it."""
        self._rows.append(row)
        if self.is_given_up:
            return
        waiting = self._waiting
        if self._offsets is not None:
            self._offsets.append(self._written + len(waiting))
        self._encoder.encode_into(example.as_row(row), waiting, -1)
        waiting += b"\n"
        if len(waiting) >= BLOCK:
            self._flush()

    def _flush(self) -> None:
        if self._written + len(self._waiting) > self._limit and self._again is not None:
            self.is_given_up = True
            self._waiting.clear()
            self._file.truncate(0)
            return
        view = memoryview(self._waiting)
        done = 0
        while done < len(view):
            done += self._file.write(view[done:])
        self._written += done
        view.release()
        self._waiting.clear()

    def lines(self) -> Iterator[bytes]:
        """Yield the encoded rows, each with its newline."""
        self._flush()
        if self.is_given_up and self._again is not None:
            yield from self._again(self._rows)
            return
        self._file.seek(0)
        with open(self._file.fileno(), "rb", buffering=BLOCK, closefd=False) as lines:
            yield from lines

    def line_at(self, at: int) -> bytes:
        """Return one encoded row of an indexed spool."""
        if self._offsets is None:
            raise ValueError("the spool was made without an index")
        start = self._offsets[at]
        end = self._offsets[at + 1] if at + 1 < len(self._offsets) else None
        if start >= self._written:
            here = start - self._written
            return bytes(self._waiting[here : None if end is None else end - self._written])
        self._file.seek(start)
        line: bytes = self._file.read((end or self._written) - start)
        self._file.seek(self._written)
        return line


def room_for_spool() -> int:
    """Return how many bytes of the temporary folder the spool may take; the splits need theirs."""
    return int(shutil.disk_usage(tempfile.gettempdir()).free * SHARE_OF_DISK)


class SystemPrompt:
    """Puts a system message before the rows that have none."""

    def __init__(self, content: str | None) -> None:
        message = msgspec.json.encode(Message("system", content or ""))
        self._message = message + b"," if content else b""

    def before(self, line: bytes) -> bytes:
        """Return the encoded row with the system message, unless it has its own."""
        if not self._message:
            return line
        head, bracket, rest = line.partition(b"[")  # {"row":17,"prompt":[
        if rest.startswith(b'{"role":"system"'):
            return line
        return head + bracket + self._message + rest
