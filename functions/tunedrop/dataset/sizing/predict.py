"""How much memory and disk preparation will take, predicted from the head of what was dropped.

The bytes a row were measured: see benchmarks/README.md, and test_predict_footprint.py.
"""

import struct
import zlib
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from io import BytesIO
from typing import BinaryIO, NamedTuple

from tunedrop.dataset.duplicates.near import MOST_REMEMBERED
from tunedrop.dataset.readers.compressed import Unpacked, kind_of
from tunedrop.dataset.readers.open import open_parts
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.readers.watched import Watch
from tunedrop.dataset.sizing.footprint import Footprint
from tunedrop.errors import DatasetError
from tunedrop.recipe.schema import Recipe

HEAD = 4 << 20  # bytes looked at, unpacked: bzip2 gives them out in blocks of 900 kB
FEWEST = 4 << 10  # unpacked bytes that speak for a file
BASE = 140 << 20  # bytes: the interpreter, what is imported, the blocks in work
BASIC_ROW = 120  # bytes that every row costs with `checks: basic`
CHECKED_ROW = 200  # with every check
REMEMBERED_ROW = 1_200  # beside, as long as the search for near duplicates remembers rows


class Density(NamedTuple):
    """Unpacked bytes in a byte of the file, and unpacked bytes a row."""

    expansion: float
    row: float


# Where the rows cannot be counted in the head: their number stands at the end of the file.
UNKNOWN = Density(1.0, 300.0)
PARQUET = Density(3.0, 300.0)
WORKBOOK = Density(3.0, 150.0)
ZIP = Density(5.0, 300.0)
HELD_OF_WORKBOOK = 15  # times the file: all cells are held until the end
HELD_OF_PARQUET = 3  # times one file: a row group is held, and may be the whole of it


def predict(sources: Sequence[SourceFile], recipe: Recipe) -> Footprint:
    """Return what the preparation of these files will take; the first one speaks for all.

    Args:
        sources: the dropped files; only the head of the first is read.
        recipe: its checks count.
    """
    total = sum(source.size for source in sources)
    density, held = _first_look(sources[0])
    if held == HELD_OF_PARQUET:
        held_bytes = held * max(source.size for source in sources)
    else:
        held_bytes = held * total
    unpacked = int(total * density.expansion)
    rows = int(unpacked / density.row)
    return Footprint(rows, unpacked, BASE + held_bytes + _row_bytes(rows, recipe))


def _row_bytes(rows: int, recipe: Recipe) -> int:
    if recipe.checks == "basic":
        return rows * BASIC_ROW
    return rows * CHECKED_ROW + min(rows, MOST_REMEMBERED) * REMEMBERED_ROW


def _first_look(source: SourceFile) -> tuple[Density, int]:
    """Return a file's density, and how many times its size its reader holds in memory."""
    with source.open() as stream:
        head = _read(stream)
    if head.startswith(b"PAR1"):
        return PARQUET, HELD_OF_PARQUET
    if head.startswith(b"PK\x03\x04"):
        if b"xl/" in head or b"[Content_Types].xml" in head[:4_096]:
            return WORKBOOK, HELD_OF_WORKBOOK
        unpacked, packed = _first_member(head)
        if len(unpacked) < FEWEST:
            return ZIP, 0
        name = source.name.removesuffix(".zip")
        return Density(len(unpacked) / packed, _row_length(name, unpacked)), 0
    kind = kind_of(head)
    if kind is None:
        return Density(1.0, _row_length(source.name, head)), 0
    return _compressed(source, kind), 0


def _compressed(source: SourceFile, kind: str) -> Density:
    packed = 0

    def note(done: int, _total: int) -> None:
        nonlocal packed
        packed = done

    watch = Watch([source], note)
    watch.begin()
    inside = Unpacked(watch.sources[0], kind)
    head = b""
    # What is damaged is reported by the preparation itself.
    with suppress(DatasetError), inside.open() as stream:
        head = _read(stream)
    return Density(len(head) / packed, _row_length(inside.name, head)) if head else UNKNOWN


def _first_member(head: bytes) -> tuple[bytes, int]:
    """Return the head of a zip archive's first file, and how many packed bytes it took."""
    try:
        method, name, extra = struct.unpack_from("<8xH16xHH", head)
        packed = head[30 + name + extra :]
        if method != zlib.DEFLATED:
            return packed, len(packed)
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        unpacked = inflate.decompress(packed, HEAD)
    except (struct.error, zlib.error):
        return b"", 0
    return unpacked, len(packed) - len(inflate.unconsumed_tail) - len(inflate.unused_data)


def _row_length(name: str, head: bytes) -> float:
    """Return the mean length of the rows that the reader of this format finds in a head."""
    rows = 0
    with suppress(DatasetError), ExitStack() as resources:
        rows = sum(1 for _ in open_parts([_Head(name, head)], resources).records())
    return len(head) / rows if rows else UNKNOWN.row


def _read(stream: BinaryIO) -> bytes:
    """Read a head: unpacking streams give less at a time than they are asked for."""
    head = b""
    while len(head) < HEAD and (block := stream.read(HEAD - len(head))):
        head += block
    return head


class _Head:
    """The head of a file, as a file."""

    def __init__(self, name: str, head: bytes) -> None:
        self.name = name
        self.size = len(head)
        self._head = head

    def open(self) -> BinaryIO:
        return BytesIO(self._head)
