"""Tar archives, mostly inside of a .gz: every table inside is a part of the dataset."""

import tarfile
from contextlib import ExitStack
from typing import BinaryIO, cast

from tunedrop.dataset.readers.archive import may_be_a_table, plain_name, refuse_hostile
from tunedrop.dataset.readers.damage import reading
from tunedrop.dataset.readers.formats import Head
from tunedrop.dataset.readers.source import SourceFile, seekable
from tunedrop.errors import DatasetError

BLOCK = 512  # Bytes of a header; the first file's content follows the first header.


class Member:
    """One file inside an archive, as a source file."""

    def __init__(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        self._archive = archive
        self._info = info
        self.path = info.name
        self.name = plain_name(info.name)
        self.size = info.size

    def open(self) -> BinaryIO:
        """Return the member's bytes."""
        with reading(self._info.name, "file in a tar archive", tarfile.TarError):
            return cast("BinaryIO", self._archive.extractfile(self._info))


def members_of(source: SourceFile, resources: ExitStack) -> list[Member]:
    """Return the files of an archive that may be tables; links and devices are left out.

    Raises:
        DatasetError: the archive is damaged or a bomb, or has paths that leave it.
    """
    with reading(source.name, "tar archive", tarfile.TarError):
        stream = seekable(source, resources)
        archive = resources.enter_context(tarfile.open(fileobj=stream, mode="r:"))  # noqa: SIM115 - closed by `resources`
        infos = [info for info in archive if info.isreg() and may_be_a_table(info.name)]
    refuse_hostile(source, [(info.name, info.size) for info in infos])
    if not infos:
        raise DatasetError(f"{source.name} contains no file.", "Pack at least one table.")
    return [Member(archive, info) for info in infos]


def first_member(_source: SourceFile, head: bytes) -> Head | None:
    """Return the head of the archive's first file, from the archive's own head."""
    try:
        info = tarfile.TarInfo.frombuf(head[:BLOCK], "utf-8", "replace")
    except tarfile.TarError:
        return None
    content = head[BLOCK : BLOCK + info.size]
    return Head(plain_name(info.name), content, len(content)) if content else None
