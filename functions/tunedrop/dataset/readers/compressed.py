"""gzip, bzip2, xz and Zstandard: the file inside, as a stream with limits against bombs."""

import bz2
import gzip
import importlib
import lzma
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any, BinaryIO, cast

from tunedrop.dataset.readers.damage import reading
from tunedrop.dataset.readers.formats import Head
from tunedrop.dataset.readers.lines import RawStream
from tunedrop.dataset.readers.source import SourceFile, read_head
from tunedrop.dataset.readers.watched import Watch
from tunedrop.errors import DatasetError

SUFFIXES = (".gz", ".gzip", ".bz2", ".zst", ".zstd", ".xz")
LARGEST = 8 << 30  # Bytes that a file may have after unpacking.
LARGEST_RATIO = 200  # Largest ratio of unpacked to packed bytes; text rarely exceeds 20.
HARMLESS = 64 << 20  # Archives that unpack to fewer bytes are read whatever their ratio.


class Unpacked:
    """A compressed source file, read as the file inside."""

    def __init__(self, source: SourceFile, kind: str) -> None:
        self._source = source
        self._kind = kind
        self.size = source.size
        self.name = source.name
        for suffix in SUFFIXES:
            self.name = self.name.removesuffix(suffix)

    def open(self) -> BinaryIO:
        """Return the unpacked bytes.

        Raises:
            DatasetError: during reading, when the archive is damaged or a bomb.
        """
        packed = self._source.open()
        stream = _OPENERS[self._kind](packed)
        return cast("BinaryIO", Bounded(stream, packed, self._source))


class Bounded:
    """An unpacking stream that raises a clear error for damaged files and bombs."""

    def __init__(self, stream: BinaryIO, packed: BinaryIO, source: SourceFile) -> None:
        self._stream = stream
        self._packed = packed
        self._source = source
        self._most = min(LARGEST, max(HARMLESS, source.size * LARGEST_RATIO))
        self._done = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        with reading(self._source.name, "archive"):
            block = self._stream.read(size)
        self._done += len(block)
        if self._done > self._most:
            raise DatasetError(
                f"{self._source.name} unpacks to more than {self._most >> 20} MB, "
                f"from {self._source.size} bytes.",
                "Drop the file unpacked, or in smaller parts.",
            )
        return block

    def close(self) -> None:
        """Close the stream and the packed file below it."""
        self._stream.close()
        self._packed.close()

    def __enter__(self) -> "Bounded":  # noqa: PYI034 - the readers only need the stream
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_zst(packed: BinaryIO) -> BinaryIO:
    """Unpack Zstandard with pyarrow, which contains it."""
    try:
        arrow: Any = importlib.import_module("pyarrow")
    except ImportError:
        raise DatasetError(
            "Zstandard archives cannot be read here: the prepare layer is missing.",
            "Deploy the layer with the function, or drop the file as .gz.",
        ) from None
    stream = arrow.CompressedInputStream(arrow.PythonFile(RawStream(packed), mode="r"), "zstd")
    return cast("BinaryIO", stream)


_OPENERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    "gzip": lambda packed: cast("BinaryIO", gzip.GzipFile(fileobj=packed)),
    "bzip2": lambda packed: cast("BinaryIO", bz2.BZ2File(packed)),
    "xz": lambda packed: cast("BinaryIO", lzma.LZMAFile(packed)),  # noqa: SIM115 - Bounded does
    "zstd": _open_zst,
}


def _open(kind: str, source: SourceFile, _resources: ExitStack) -> list[Unpacked]:
    """Return the file inside as the only one."""
    return [Unpacked(source, kind)]


def _peek(kind: str, source: SourceFile, _head: bytes) -> Head | None:
    """Return the head of the file inside, and how many packed bytes it took to unpack it."""
    packed = 0

    def note(done: int, _total: int) -> None:
        nonlocal packed
        packed = done

    watch = Watch([source], note)
    watch.begin()
    inside = Unpacked(watch.sources[0], kind)
    head = b""
    # A damaged file is reported by the preparation itself.
    with suppress(DatasetError), inside.open() as stream:
        head = read_head(stream)
    return Head(inside.name, head, packed) if head else None


open_gzip, open_bzip2, open_zstd, open_xz = (
    partial(_open, kind) for kind in ("gzip", "bzip2", "zstd", "xz")
)
peek_gzip, peek_bzip2, peek_zstd, peek_xz = (
    partial(_peek, kind) for kind in ("gzip", "bzip2", "zstd", "xz")
)
