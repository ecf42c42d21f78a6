"""What preparation reads and writes: a file that can be opened again, and named outputs.

The stage gives these a body (S3 objects); the tests give them bytes in memory.
"""

import io
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import BinaryIO, Protocol, cast

HEAD = 4 << 20  # Bytes looked at to recognise a format; bzip2 unpacks in blocks of 900 kB.
COPY_IN_MEMORY = 8 << 20  # Bytes; a larger copy of a source goes to a temporary file.

Progress = Callable[[int, int], None]
"""Told now and then how many bytes of the source are read, of how many."""


class SourceFile(Protocol):
    """A dropped file."""

    @property
    def name(self) -> str:
        """The file's name, without folders: its extension is a hint, its content decides."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def open(self) -> BinaryIO:
        """Return a new stream from the first byte; preparation closes it. May be called twice."""
        ...


class Sink(Protocol):
    """Where the split files and rejected.jsonl go."""

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Return a writer; the file exists once the block has ended without an error.

        Several are open at the same time.
        """
        ...


def read_head(stream: BinaryIO) -> bytes:
    """Read the first bytes; unpacking streams return fewer at a time than they are asked for."""
    head = b""
    while len(head) < HEAD and (block := stream.read(HEAD - len(head))):
        head += block
    return head


def seekable(source: SourceFile, resources: ExitStack) -> BinaryIO:
    """Return the whole source as a stream that can seek; `resources` closes it."""
    stream = resources.enter_context(source.open())
    if isinstance(stream, io.BufferedReader | io.BytesIO) and stream.seekable():
        return stream
    copy = resources.enter_context(tempfile.SpooledTemporaryFile(COPY_IN_MEMORY))  # noqa: SIM115
    shutil.copyfileobj(stream, copy, 1 << 20)
    copy.seek(0)
    return cast("BinaryIO", copy)
