"""Tell what a file is by its content; the extension is only a hint."""

from tunedrop.dataset.readers.delimited import Delimited, delimiter_of
from tunedrop.dataset.readers.json_document import JsonArray
from tunedrop.dataset.readers.json_lines import JsonLines
from tunedrop.dataset.readers.text import HEAD, TextFile
from tunedrop.dataset.record import Table
from tunedrop.dataset.source import SourceFile
from tunedrop.errors import DatasetError

SUPPORTED = "CSV, TSV, JSON Lines or a JSON array"

_BINARY = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
}


def open_table(source: SourceFile) -> Table:
    """Return the file as a table of rows.

    Raises:
        DatasetError: empty, or a format that is not read; says what it seems to be.
    """
    with source.open() as stream:
        head = stream.read(HEAD)
    for magic, kind in _BINARY.items():
        if head.startswith(magic):
            raise _unreadable(source, f"is {kind}, whatever its name says")
    text = TextFile(source, head)
    if not text.head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise _unreadable(source, "is empty" if not head else "holds nothing but blanks")
    first = text.head.lstrip()
    if first.startswith(b"{"):
        return JsonLines(text)
    if first.startswith(b"["):
        return JsonArray(text)
    if b"\0" in text.head[:4_096]:
        raise _unreadable(source, "is a binary file")
    delimiter = delimiter_of(text.head)
    if delimiter is None:
        raise _unreadable(source, "is text, but neither JSON nor a table with several columns")
    return Delimited(text, delimiter)


def _unreadable(source: SourceFile, why: str) -> DatasetError:
    return DatasetError(f"{source.name} {why}.", f"Drop a file that is {SUPPORTED}.")
