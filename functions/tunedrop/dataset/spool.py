"""Checked rows, kept on disk between the first look at the file and the choice of splits."""

import io
import tempfile
from array import array
from collections.abc import Iterator
from typing import Self

import msgspec

from tunedrop.dataset.document import Message
from tunedrop.dataset.shapes.example import Example

IN_MEMORY = 8 << 20  # bytes; a larger spool is a file


class Spool:
    """Encoded rows in the order in which they came; use as a context manager."""

    def __init__(self, *, indexed: bool = False) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - __exit__
        self._encoder = msgspec.json.Encoder()
        self._line = bytearray(4_096)
        self._offsets = array("Q") if indexed else None
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: int, example: Example) -> None:
        """Encode a row and keep it."""
        line = self._line
        self._encoder.encode_into(example.as_row(row), line)
        line += b"\n"
        if self._offsets is not None:
            self._offsets.append(self._size)
            self._size += len(line)
        self._file.write(line)

    def lines(self) -> Iterator[bytes]:
        """Yield the encoded rows, each with its newline."""
        self._file.seek(0)
        return iter(self._file)

    def line_at(self, at: int) -> bytes:
        """Return one encoded row of an indexed spool."""
        if self._offsets is None:
            raise ValueError("the spool was made without an index")
        self._file.seek(self._offsets[at])
        line = self._file.readline()
        self._file.seek(0, io.SEEK_END)
        return line


class SystemPrompt:
    """Puts a system message before the rows that have none."""

    def __init__(self, content: str | None) -> None:
        message = msgspec.json.encode(Message("system", content or ""))
        self._message = message + b"," if content else b""

    def before(self, line: bytes) -> bytes:
        """Return the encoded row with the system message, unless it has its own."""
        head, bracket, rest = line.partition(b"[")  # {"row":17,"prompt":[
        if not self._message or rest.startswith(b'{"role":"system"'):
            return line
        return head + bracket + self._message + rest
