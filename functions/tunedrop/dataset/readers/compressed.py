"""gzip, bzip2 and Zstandard: the file inside, as a stream that ends when it is a bomb."""

import bz2
import gzip
import importlib
import lzma
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from tunedrop.dataset.readers.damage import reading
from tunedrop.dataset.readers.lines import RawStream
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.errors import DatasetError

MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zst", b"\xfd7zXZ": "xz"}
SUFFIXES = (".gz", ".gzip", ".bz2", ".zst", ".zstd", ".xz")
LARGEST = 8 << 30  # bytes after unpacking
LARGEST_RATIO = 200  # unpacked to packed; text rarely passes 20
HARMLESS = 64 << 20  # bytes; below, no ratio is suspicious


class Unpacked:
    """A compressed source, read as the file inside."""

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
            DatasetError: while reading, when the archive is damaged or a bomb.
        """
        packed = self._source.open()
        stream = _OPENERS[self._kind](packed)
        return cast("BinaryIO", Bounded(stream, packed, self._source))


class Bounded:
    """An unpacking stream that turns damage and bombs into a clear error."""

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
    """Unpack Zstandard with pyarrow, which brings it along."""
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
    "gz": lambda packed: cast("BinaryIO", gzip.GzipFile(fileobj=packed)),
    "bz2": lambda packed: cast("BinaryIO", bz2.BZ2File(packed)),
    "xz": lambda packed: cast("BinaryIO", lzma.LZMAFile(packed)),  # noqa: SIM115 - Bounded does
    "zst": _open_zst,
}


def kind_of(head: bytes) -> str | None:
    """Return which compression the first bytes belong to."""
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
