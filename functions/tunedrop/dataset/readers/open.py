"""Open what was dropped: recognise each file by its content, down to the tables inside archives."""

from collections.abc import Sequence
from contextlib import ExitStack

from tunedrop.dataset.readers.formats import SUPPORTED, UNREADABLE, format_of, text_readers
from tunedrop.dataset.readers.parts import Part, Parts
from tunedrop.dataset.readers.source import HEAD, SourceFile
from tunedrop.dataset.readers.text import TextFile
from tunedrop.errors import DatasetError

DEEPEST = 3  # Containers inside each other, such as a .csv.gz in a .zip.


def open_parts(sources: Sequence[SourceFile], resources: ExitStack) -> Parts:
    """Return the drop as one table.

    Args:
        sources: the dropped files.
        resources: closes what stays open between the readings.

    Raises:
        DatasetError: a file is empty, damaged or of a format that is not read; the message says
            what it seems to be.
    """
    parts = [part for source in sources for part in _parts_of(source, resources, DEEPEST)]
    return Parts(parts)


def _parts_of(source: SourceFile, resources: ExitStack, deepest: int) -> list[Part]:
    with source.open() as stream:
        head = stream.read(HEAD)
    found = format_of(head)
    if found is None:
        return _text_parts(source, head)
    if not found.is_container:
        parts: list[Part] = found.open(source, resources)
        return parts
    if not deepest:
        raise _unreadable(source, f"is an archive inside {DEEPEST} other archives")
    files = found.open(source, resources)
    return [part for file in files for part in _parts_of(file, resources, deepest - 1)]


def _text_parts(source: SourceFile, head: bytes) -> list[Part]:
    for magic, kind in UNREADABLE.items():
        if head.startswith(magic):
            raise _unreadable(source, f"is {kind}")
    text = TextFile(source, head)
    if not text.head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise _unreadable(source, "contains only blanks" if head else "is empty")
    for read in text_readers():
        parts: list[Part] | None = read(source, text)
        if parts is not None:
            return parts
    if text.is_binary:
        raise _unreadable(source, "is a binary file")
    raise _unreadable(source, "is text, but neither JSON nor a table with several columns")


def _unreadable(source: SourceFile, why: str) -> DatasetError:
    return DatasetError(f"{source.name} {why}.", f"Drop a file that is {SUPPORTED}.")
