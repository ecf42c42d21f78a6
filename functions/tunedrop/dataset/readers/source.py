"""What preparation reads and writes: source files that can be opened again, and named outputs.

The stage implements them with S3 objects, the tests with bytes in memory.
"""

import io
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import BinaryIO, Protocol, cast

# Bytes that are read to recognise a format; several blocks of bzip2, which have 900 kB each.
HEAD = 4 << 20
COPY_IN_MEMORY = 8 << 20  # Bytes; a larger copy of a source goes to a temporary file.

Progress = Callable[[int, int], None]
"""Called repeatedly with the bytes of the source that are read, and the bytes in all."""


class SourceFile(Protocol):
    """A dropped file."""

    @property
    def name(self) -> str:
        """The file's name without folders. The extension is only a hint."""
        ...

    @property
    def size(self) -> int:
        """The size in bytes."""
        ...

    def open(self) -> BinaryIO:
        """Return a new stream from the first byte, which the caller closes."""
        ...


class Sink(Protocol):
    """Receives the split files and rejected.jsonl."""

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Return a writer. The file exists when the block has ended without an error.

        Several writers are open at the same time.
        """
        ...


def read_head(stream: BinaryIO) -> bytes:
    """Read the first bytes; unpacking streams return fewer at a time than they are asked for."""
    head = b""
    while len(head) < HEAD and (block := stream.read(HEAD - len(head))):
        head += block
    return head


def seekable(source: SourceFile, resources: ExitStack) -> BinaryIO:
    """Return the source as a stream that can seek; `resources` closes it.

    Formats with their table of contents at the end of the file need this.
    """
    stream = resources.enter_context(source.open())
    if isinstance(stream, io.BufferedReader | io.BytesIO) and stream.seekable():
        return stream
    copy = resources.enter_context(tempfile.SpooledTemporaryFile(COPY_IN_MEMORY))  # noqa: SIM115
    shutil.copyfileobj(stream, copy, 1 << 20)
    copy.seek(0)
    return cast("BinaryIO", copy)
