"""Tell what a file is by its content; the extension only tells Markdown from CSV."""

from collections.abc import Sequence
from contextlib import ExitStack

from tunedrop.dataset.readers.archive import members_of
from tunedrop.dataset.readers.compressed import Unpacked, kind_of
from tunedrop.dataset.readers.delimited import Delimited
from tunedrop.dataset.readers.header import delimiter_of, first_rows
from tunedrop.dataset.readers.json_kind import json_tables
from tunedrop.dataset.readers.parquet import Parquet
from tunedrop.dataset.readers.parts import Part, Parts, split_of
from tunedrop.dataset.readers.prose import Prose
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.readers.text import HEAD, TextFile
from tunedrop.dataset.readers.workbook import sheets_of
from tunedrop.errors import DatasetError

SUPPORTED = (
    "CSV, TSV, JSON Lines, JSON, Parquet, XLSX, plain text or Markdown, also as .gz, .bz2, .zst, "
    ".xz or in one .zip"
)
PROSE = (".md", ".markdown", ".txt", ".rst")
FEWEST_LINES = 4  # of equal width, for a .txt to be a table
DEEPEST = 3  # a .tar is not read, but a .csv.gz inside a .zip is

_UNREADABLE = {
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


def open_parts(sources: Sequence[SourceFile], resources: ExitStack) -> Parts:
    """Return the drop as one table.

    Args:
        sources: the dropped files.
        resources: closes what stays open between the readings.

    Raises:
        DatasetError: empty, damaged, or a format that is not read; says what it seems to be.
    """
    parts = [part for source in sources for part in _parts_of(source, resources, DEEPEST)]
    return Parts(parts)


def _parts_of(source: SourceFile, resources: ExitStack, deepest: int) -> list[Part]:
    with source.open() as stream:
        head = stream.read(HEAD)
    packed = kind_of(head)
    if (packed or head.startswith(b"PK\x03\x04")) and not deepest:
        raise _unreadable(source, "is an archive inside archives")
    if packed:
        return _parts_of(Unpacked(source, packed), resources, deepest - 1)
    if head.startswith(b"PK\x03\x04"):
        if b"xl/" in head or b"[Content_Types].xml" in head[:4_096]:
            return [
                Part(
                    sheet,
                    f"{source.name}, sheet {sheet.name}",
                    split_of(sheet.name) or split_of(source.name),
                )
                for sheet in sheets_of(source, resources)
            ]
        members = members_of(source, resources)
        return [part for member in members for part in _parts_of(member, resources, deepest - 1)]
    if head.startswith(b"PAR1"):
        return [Part(Parquet(source, resources), source.name, split_of(source.name))]
    return _text_parts(source, head)


def _text_parts(source: SourceFile, head: bytes) -> list[Part]:
    for magic, kind in _UNREADABLE.items():
        if head.startswith(magic):
            raise _unreadable(source, f"is {kind}, whatever its name says")
    text = TextFile(source, head)
    if not text.head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise _unreadable(source, "holds nothing but blanks" if head else "is empty")
    split = split_of(source.name)
    if text.head.lstrip()[:1] in (b"{", b"["):
        tables = json_tables(source.name, text)
        return [
            Part(table, f"{source.name} {key}".rstrip(), split_of(key) or split)
            for key, table in tables.items()
        ]
    if _is_binary(text.head[:4_096]):
        raise _unreadable(source, "is a binary file")
    is_prose = source.name.lower().endswith(PROSE)
    delimiter = delimiter_of(text.head)
    if delimiter is not None and not (is_prose and _is_prose(text.head, delimiter)):
        return [Part(Delimited(text, delimiter), source.name, split)]
    if is_prose:
        return [Part(Prose(text), source.name, split)]
    raise _unreadable(source, "is text, but neither JSON nor a table with several columns")


def _is_binary(head: bytes) -> bool:
    """Whether more than a few bytes are none that text has."""
    text = head.translate(None, bytes((*range(9), *range(14, 27), *range(28, 32))))
    return len(head) - len(text) > len(head) * 0.05


def _is_prose(head: bytes, delimiter: str) -> bool:
    """Whether a text file that could be a table is none: its lines differ in their commas."""
    rows = first_rows(head, delimiter)
    return len({len(row) for row in rows}) > 1 or len(rows) < FEWEST_LINES


def _unreadable(source: SourceFile, why: str) -> DatasetError:
    return DatasetError(f"{source.name} {why}.", f"Drop a file that is {SUPPORTED}.")
