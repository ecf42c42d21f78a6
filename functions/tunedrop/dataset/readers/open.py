"""Open what was dropped: recognise each file by its content, down to the tables inside archives."""

import re
from collections.abc import Sequence
from contextlib import ExitStack

from tunedrop.dataset.readers.folders import parts_of as texts_in_folders
from tunedrop.dataset.readers.formats import SUPPORTED, UNREADABLE, format_of, text_readers
from tunedrop.dataset.readers.other_texts import kind_of
from tunedrop.dataset.readers.parts import NoTableError, Part, Parts, Skipped
from tunedrop.dataset.readers.prose import Prose
from tunedrop.dataset.readers.source import HEAD, SourceFile
from tunedrop.dataset.readers.text import TextFile

# Texts such as a licence may look like a table of a few lines.
_DESCRIPTION = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|changelog|changes|citation|authors|contributing)"
    r"(?:\.(?:md|txt|rst|cff|bib))?$",
    re.IGNORECASE,
)
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
    return Parts(_tables_in(sources, resources, DEEPEST))


def _parts_of(source: SourceFile, resources: ExitStack, deepest: int) -> list[Part | Skipped]:
    with source.open() as stream:
        head = stream.read(HEAD)
    found = format_of(head)
    if found is None:
        return _text_parts(source, head)
    if not found.is_container:
        parts: list[Part | Skipped] = found.open(source, resources)
        return parts
    if not deepest:
        raise _unreadable(source, f"is an archive inside {DEEPEST} other archives")
    files: list[SourceFile] = found.open(source, resources)
    return texts_in_folders(files) or _tables_in(files, resources, deepest - 1)


def _tables_in(
    files: Sequence[SourceFile], resources: ExitStack, deepest: int
) -> list[Part | Skipped]:
    """Return the parts of the files in a container; what is no table is left out beside tables."""
    parts: list[Part | Skipped] = []
    errors: list[NoTableError] = []
    for file in files:
        try:
            parts += _parts_of(file, resources, deepest)
        except NoTableError as error:
            errors.append(error)
            parts.append(Skipped(file.name, error.message.removeprefix(file.name).strip(" .")))
    tables = [part for part in parts if isinstance(part, Part) and not _is_prose(part)]
    if not any(isinstance(part, Part) for part in parts):
        raise errors[0]
    if not tables:
        return parts
    return [
        Skipped(part.name, "is text and no table")
        if isinstance(part, Part) and _is_prose(part)
        else part
        for part in parts
    ]


def _is_prose(part: Part) -> bool:
    """Whether a part is running text, or one of the files that describe a dataset."""
    return isinstance(part.table, Prose) or _DESCRIPTION.match(part.name) is not None


def _text_parts(source: SourceFile, head: bytes) -> list[Part | Skipped]:
    for magic, kind in UNREADABLE.items():
        if head.startswith(magic):
            raise _unreadable(source, f"is {kind}")
    text = TextFile(source, head)
    if not text.head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise _unreadable(source, "contains only blanks" if head else "is empty")
    other = kind_of(text.head)
    if other:
        raise _unreadable(source, *other)
    for read in text_readers():
        parts: list[Part | Skipped] | None = read(source, text)
        if parts is not None:
            for part in parts:
                if isinstance(part, Part):
                    part.encoding = text.guess
            return parts
    if text.is_binary:
        raise _unreadable(source, "is a binary file")
    raise _unreadable(source, "is text, but neither JSON nor a table with several columns")


def _unreadable(source: SourceFile, why: str, remedy: str | None = None) -> NoTableError:
    return NoTableError(f"{source.name} {why}.", remedy or f"Drop a file that is {SUPPORTED}.")
