"""Zip archives: every table inside is a part of the dataset. Nothing is unpacked to disk.

What is said here of names and sizes holds for tar archives too.
"""

import struct
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from tunedrop.dataset.readers.compressed import HARMLESS, LARGEST, LARGEST_RATIO, Bounded
from tunedrop.dataset.readers.damage import reading
from tunedrop.dataset.readers.formats import Head
from tunedrop.dataset.readers.source import HEAD, SourceFile, seekable
from tunedrop.errors import DatasetError

PACK_AGAIN = "Pack the tables again, without a password and without folders above."
ENCRYPTED = 1  # The flag of an encrypted member.
MOST_MEMBERS = 1_000  # Files that an archive may contain.
FEWEST_BYTES = 4 << 10  # Unpacked bytes that are needed to judge the density of an archive.


class Member:
    """One file inside an archive, as a source file."""

    def __init__(self, source: SourceFile, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._source = source
        self._archive = archive
        self._info = info
        self.path = info.filename
        self.name = plain_name(info.filename)
        self.size = info.file_size

    def open(self) -> BinaryIO:
        """Return the member's bytes."""
        with reading(self._info.filename, "file in a zip archive"):
            packed = cast("BinaryIO", self._archive.open(self._info))
        return cast("BinaryIO", Bounded(packed, packed, self))


def members_of(source: SourceFile, resources: ExitStack) -> list[Member]:
    """Return the files of an archive that may be tables.

    Raises:
        DatasetError: the archive is damaged, encrypted or a bomb, or has paths that leave it.
    """
    with reading(source.name, "zip archive"):
        archive = resources.enter_context(zipfile.ZipFile(seekable(source, resources)))
    infos = [
        info for info in archive.infolist() if not info.is_dir() and may_be_a_table(info.filename)
    ]
    refuse_hostile(source, [(info.filename, info.file_size) for info in infos])
    for info in infos:
        if info.flag_bits & ENCRYPTED:
            raise DatasetError(f"{info.filename} in {source.name} is encrypted.", PACK_AGAIN)
    if not infos:
        raise DatasetError(f"{source.name} contains no file.", "Pack at least one table.")
    return [Member(source, archive, info) for info in infos]


def plain_name(path: str) -> str:
    """Return the name of a member without its folders."""
    return PurePosixPath(path).name


def may_be_a_table(path: str) -> bool:
    """Whether a member is none of the hidden files of operating systems."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not (parts[-1].startswith((".", "_")) or "__MACOSX" in parts)


def refuse_hostile(source: SourceFile, members: Sequence[tuple[str, int]]) -> None:
    """Refuse an archive that leaves its folder or unpacks to too much.

    Args:
        source: the archive.
        members: (path, unpacked bytes) of each file.

    Raises:
        DatasetError: says what is wrong and where.
    """
    total = sum(size for _, size in members)
    for name, _ in members:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise DatasetError(f"{source.name} contains the path {name!r}.", PACK_AGAIN)
    if len(members) > MOST_MEMBERS:
        raise DatasetError(
            f"{source.name} contains {len(members):,} files; at most {MOST_MEMBERS:,} are read.",
            "Write many small texts into one CSV, with the columns text and label.",
        )
    if total > LARGEST or total > max(HARMLESS, source.size * LARGEST_RATIO):
        raise DatasetError(
            f"{source.name} unpacks to {total >> 20} MB from {source.size} bytes.",
            "Drop the files unpacked, or in smaller parts.",
        )


def first_member(source: SourceFile, head: bytes) -> Head | None:
    """Return the head of the archive's first file, from the archive's own head."""
    try:
        method, name, extra = struct.unpack_from("<8xH16xHH", head)
        packed = head[30 + name + extra :]
        if method != zlib.DEFLATED:
            return _as_head(source, packed, len(packed))
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        unpacked = inflate.decompress(packed, HEAD)
    except (struct.error, zlib.error):
        return None
    used = len(packed) - len(inflate.unconsumed_tail) - len(inflate.unused_data)
    return _as_head(source, unpacked, used)


def _as_head(source: SourceFile, unpacked: bytes, packed: int) -> Head | None:
    if len(unpacked) < FEWEST_BYTES:
        return None
    return Head(source.name.removesuffix(".zip"), unpacked, packed)
