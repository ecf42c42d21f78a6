"""Text files of any common encoding, converted to a stream of UTF-8 bytes."""

import codecs
import io
import re
from typing import BinaryIO, cast

from tunedrop.dataset.readers.source import SourceFile

# If this share of the lines beyond ASCII is invalid in every encoding, and there are enough of them
# to judge, only ASCII is trusted.
MIN_LINES, INVALID_SHARE = 20, 0.95

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


_WESTERN = frozenset(  # Letters of Western Europe, typographic quotes, dashes and signs.
    "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþßœšž ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŽ"
    "\u2018\u2019\u201c\u201d\u201e\u201a\u2013\u2014\u2026\u2022€£§°\xb4«»¿¡ºª½²³·©®™\xa0"
)


_LONE_RETURN = re.compile(rb"\r(?=[^\n])")  # Not one at the end, which a line feed may follow.
_SPOILED = bytes(range(128)) + b"\xff" * 128  # Makes every byte above ASCII invalid UTF-8.


class TextFile:
    """A text file with its encoding and line end; its bytes are converted to UTF-8.

    `newline` is a carriage return if some lines end with one alone; other lines may then end with
    a line feed or with both.
    """

    def __init__(self, source: SourceFile, head: bytes) -> None:
        self._source = source
        self.encoding = encoding_of(head)
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


def encoding_of(head: bytes) -> str:
    """Recognise the encoding from the first bytes: UTF-8 unless there is evidence of another.

    A file with some broken rows counts as UTF-8, so that only those rows are rejected. If most
    lines beyond ASCII are invalid UTF-8 and all are valid Windows-1252, it is Windows-1252. If
    nearly all are invalid in both, the few valid ones are valid by chance, and only ASCII is
    trusted.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    wide = _wide_encoding(head[:4_096])
    if wide:
        return wide
    accented = [line for line in head.split(b"\n")[:-1] or [head] if not line.isascii()]
    broken = sum(not _decodes(line, "utf-8") for line in accented)
    if broken * 2 > len(accented) and _is_windows_1252(accented):
        return "cp1252"
    if len(accented) >= MIN_LINES and broken >= len(accented) * INVALID_SHARE:
        return "ascii"
    return "utf-8"


def _is_windows_1252(lines: list[bytes]) -> bool:
    """Whether nearly all characters beyond ASCII are common in Western European texts."""
    if not all(_decodes(line, "cp1252") for line in lines):
        return False
    accented = [char for line in lines for char in line.decode("cp1252") if not char.isascii()]
    return sum(char in _WESTERN for char in accented) >= len(accented) * 0.9


def _wide_encoding(head: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark: in Latin text every other byte is NUL."""
    pairs = len(head) // 2
    if pairs < 2:  # noqa: PLR2004 - two characters at least
        return None
    if head[1::2].count(0) > pairs * 0.6 and head[0::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > pairs * 0.6 and head[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _readable(head: bytes, encoding: str) -> bytes:
    """Return the head as UTF-8, to recognise the format and the columns."""
    if encoding in ("utf-8", "ascii"):
        return head
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).encode()


def _is_binary(head: bytes) -> bool:
    """Whether more than one byte in twenty is a control character that no text contains."""
    text = head.translate(None, bytes((*range(9), *range(14, 27), *range(28, 32))))
    return len(head) - len(text) > len(head) * 0.05
