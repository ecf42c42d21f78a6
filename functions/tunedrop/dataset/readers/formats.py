"""The registry of file formats.

A new format is one module beside this file and one line here: `BINARY` for a format that is
recognised by its first bytes, `TEXT` for one that is recognised by what the text looks like. The
module is imported only when a file of its format is opened, because some readers need packages
that only the prepare layer holds.

`sizing.predict` reads the same lines to predict how much memory the rows take.
"""

from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Literal, NamedTuple

import msgspec

from tunedrop.dataset.readers.source import HEAD, SourceFile


class Density(NamedTuple):
    """Unpacked bytes for each byte of the file, and unpacked bytes for each row."""

    expansion: float
    row: float


class Head(NamedTuple):
    """The first bytes of the file inside a container, and how many packed bytes they took."""

    name: str
    content: bytes
    packed: int


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One format that is recognised by its first bytes.

    `also` lists byte strings, each with a number of bytes. One of the strings must occur within so
    many bytes of the beginning, which tells formats with the same magic bytes apart. `opener` and
    `peek` name functions as "module:function".

    - A table's opener takes (source, resources) and returns its parts.
    - A container's opener takes (source, resources) and returns the source files inside. Its
      `peek` takes (source, head) and returns a `Head`, or None when too little can be read.

    `density` is used where the rows cannot be counted in the head of the file. `held` is the
    memory that the reader takes, as a multiple of the size of the whole drop or of the largest file
    (`held_of`).
    """

    name: str
    magic: bytes
    also: tuple[tuple[bytes, int], ...] = ()
    opener: str
    peek: str | None = None
    density: Density
    held: int = 0
    held_of: Literal["drop", "file"] = "drop"

    @property
    def is_container(self) -> bool:
        """Whether the file contains other files."""
        return self.peek is not None

    def matches(self, head: bytes) -> bool:
        """Whether a file that begins like this has the format."""
        return head.startswith(self.magic) and (
            not self.also or any(mark in head[:within] for mark, within in self.also)
        )

    def open(self, source: SourceFile, resources: ExitStack) -> Any:
        """Return the parts of a table, or the source files in a container."""
        return _function(self.opener)(source, resources)

    def look_inside(self, source: SourceFile, head: bytes) -> Head | None:
        """Return the head of the first file in a container, or None."""
        if self.peek is None:
            return None
        found: Head | None = _function(self.peek)(source, head)
        return found


# The rows of a compressed file are counted in its unpacked head; this is used when there is none.
UNKNOWN = Density(1.0, 300.0)

BINARY = (
    Format(
        name="Parquet",
        magic=b"PAR1",
        opener="parquet:parts_of",
        density=Density(3.0, 300.0),
        held=3,  # A row group is held, which may be the whole file.
        held_of="file",
    ),
    Format(
        name="XLSX",
        magic=b"PK\x03\x04",
        also=((b"xl/", HEAD), (b"[Content_Types].xml", 4_096)),
        opener="workbook:parts_of",
        density=Density(3.0, 150.0),
        held=15,  # All cells are held until the end.
    ),
    Format(
        name="zip",
        magic=b"PK\x03\x04",
        opener="archive:members_of",
        peek="archive:first_member",
        density=Density(5.0, 300.0),
    ),
    Format(
        name="tar",
        magic=b"",
        also=((b"\0ustar", 263),),  # POSIX and GNU: the magic bytes stand at 257.
        opener="tar:members_of",
        peek="tar:first_member",
        density=Density(1.0, 300.0),
    ),
    *(
        Format(
            name=name,
            magic=magic,
            opener=f"compressed:open_{name}",
            peek=f"compressed:peek_{name}",
            density=UNKNOWN,
        )
        for name, magic in (
            ("gzip", b"\x1f\x8b"),
            ("bzip2", b"BZh"),
            ("zstd", b"\x28\xb5\x2f\xfd"),
            ("xz", b"\xfd7zXZ"),
        )
    ),
)
"""Formats with magic bytes. The first that matches decides."""

TEXT = ("json_kind:parts_of", "fasttext:parts_of", "delimited:parts_of", "prose:parts_of")
"""Readers of text, as functions of (source, text) that return parts, or None. The first decides."""

UNREADABLE = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old Office document (.xls, .doc)",
    b"ARROW1": "an Arrow file",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
}
"""Formats that are not read, by their magic bytes, as an error message names them."""

SUPPORTED = (
    "CSV, TSV, JSON Lines, JSON, Parquet, XLSX, plain text or Markdown, also as .gz, .bz2, .zst, "
    ".xz or in one .zip, .tar or .tar.gz"
)


def format_of(head: bytes) -> Format | None:
    """Return the format that the first bytes of a file belong to; None for text."""
    return next((each for each in BINARY if each.matches(head)), None)


def text_readers() -> list[Callable[..., Any]]:
    """Return the functions that try to read a text, in order."""
    return [_function(name) for name in TEXT]


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(
        import_module(f"tunedrop.dataset.readers.{module}"), function
    )
    return found
