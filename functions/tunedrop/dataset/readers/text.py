"""Text files of any common encoding, converted to a stream of UTF-8 bytes."""

import codecs
import io
import re
from typing import BinaryIO, cast

from tunedrop.dataset.readers.encodings import encoding_of, name_of_guess
from tunedrop.dataset.readers.source import SourceFile

_LONE_RETURN = re.compile(rb"\r(?=[^\n])")  # Not one at the end, which a line feed may follow.
_SPOILED = bytes(range(128)) + b"\xff" * 128  # Makes every byte above ASCII invalid UTF-8.


class TextFile:
    """A text file with its encoding and line end; its bytes are converted to UTF-8.

    `guess` is the encoding's name in words if it was guessed, and empty if it is certain. `newline`
    is a carriage return if some lines end with one alone; other lines may then end with a line feed
    or with both.
    """

    def __init__(self, source: SourceFile, head: bytes) -> None:
        self._source = source
        self.encoding = encoding_of(head)
        self.guess = name_of_guess(self.encoding)
        self.head = _readable(head, self.encoding)
        self.is_binary = _is_binary(self.head[:4_096])
        self.newline = b"\r" if _LONE_RETURN.search(self.head) else b"\n"
        if self.newline == b"\r":
            self.head = self.head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def open(self) -> BinaryIO:
        """Return the whole text as UTF-8 without a byte order mark."""
        stream = self._source.open()
        if self.encoding == "utf-8":
            return stream
        return cast("BinaryIO", io.BufferedReader(_Recoded(stream, self.encoding)))


class _Recoded(io.RawIOBase):
    """Converts another encoding to UTF-8; bytes that cannot be decoded stay invalid UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
        self._spoil = encoding == "ascii"
        self._decoder = codecs.getincrementaldecoder("utf-8" if self._spoil else encoding)(errors)
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._ready:
            block = self._stream.read(1 << 16)
            if self._spoil:
                self._ready = block.translate(_SPOILED)
                break
            text = self._decoder.decode(block, final=not block)
            self._ready = text.encode("utf-8", "surrogateescape")
            if not block:
                break
        given = self._ready[: len(view)]
        view[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _readable(head: bytes, encoding: str) -> bytes:
    """Return the head as UTF-8, to recognise the format and the columns."""
    if encoding in ("utf-8", "ascii"):
        return head
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).encode()


def _is_binary(head: bytes) -> bool:
    """Whether more than one byte in twenty is a control character that no text contains."""
    text = head.translate(None, bytes((*range(9), *range(14, 27), *range(28, 32))))
    return len(head) - len(text) > len(head) * 0.05
