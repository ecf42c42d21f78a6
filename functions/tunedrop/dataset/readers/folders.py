"""Texts in folders of an archive, such as pos/1.txt and neg/1.txt: the folder is the label."""

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

from tunedrop.dataset.readers.encodings import encoding_of, name_of_guess
from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import LONGEST_LINE
from tunedrop.dataset.readers.parts import Part, Skipped, split_of
from tunedrop.dataset.readers.record import Record, RowError, SplitName, utf8
from tunedrop.dataset.readers.source import SourceFile

COLUMNS = ("text", "folder", "file")
"""The columns of such rows: the whole text of a file, its folder, and its path."""

FEWEST_FOLDERS = 2  # Labels that are needed for a classification.
FEWEST_TEXTS = 2  # Files in each folder; a single one may be a table or a chapter.
HEAD_OF_TEXTS = 1 << 16  # Bytes of all texts that decide about their encoding.
_SUFFIXES = ("", ".txt", ".text")


@runtime_checkable
class Packed(SourceFile, Protocol):
    """A file inside an archive: `path` has its folders too."""

    path: str


class TextsInFolders:
    """One row for each file."""

    format = "plain text in folders"

    def __init__(self, files: Sequence[Packed], encoding: str) -> None:
        self._files = files
        self._encoding = encoding

    def records(self) -> Iterator[Record]:
        """Yield the files as rows with the columns `text`, `folder` and `file`."""
        for row, file in enumerate(self._files, 1):
            with file.open() as stream:
                raw = stream.read(LONGEST_LINE + 1)
            error, text = None, ""
            try:
                text = self._text(raw)
            except RowError as found:
                error = found
            values = dict(zip(COLUMNS, (text, _folder(file), file.path), strict=True))
            yield Record(row, None, b"", values, error)

    def _text(self, raw: bytes) -> str:
        if len(raw) > LONGEST_LINE:
            raise too_long()
        own = encoding_of(raw[:HEAD_OF_TEXTS])
        if own.startswith(("utf-16", "utf-32")):
            return raw.decode(own, "replace")
        if name_of_guess(self._encoding):
            return raw.decode(self._encoding, "replace")
        return utf8(raw.removeprefix(codecs.BOM_UTF8))


def parts_of(files: Sequence[SourceFile]) -> list[Part | Skipped] | None:
    """Return the texts of an archive with their folders as labels, or None if it has others.

    Every file must be a text by its name, and at least two folders must have several. Folders
    named like splits are no labels; above the labels they are the splits. Texts in other folders,
    such as a list of the files, are left out.
    """
    packed = [file for file in files if isinstance(file, Packed)]
    if len(packed) < len(files) or not all(_is_text(file) for file in packed):
        return None
    counts = Counter(_folder(file) for file in packed)
    labels = {
        name for name, texts in counts.items() if texts >= FEWEST_TEXTS and split_of(name) is None
    }
    labels.discard("")
    if len(labels) < FEWEST_FOLDERS:
        return None
    texts = [file for file in packed if _folder(file) in labels]
    encoding = encoding_of(_beginning(texts))
    by_split: dict[SplitName | None, list[Packed]] = {}
    for file in texts:
        by_split.setdefault(_split(file), []).append(file)
    parts: list[Part | Skipped] = [
        Part(TextsInFolders(some, encoding), split or "texts", split, name_of_guess(encoding))
        for split, some in by_split.items()
    ]
    others = [file for file in packed if _folder(file) not in labels]
    return [*parts, *(Skipped(file.path, "is in no folder of texts") for file in others)]


def _is_text(file: Packed) -> bool:
    path = PurePosixPath(file.path)
    return path.suffix.lower() in _SUFFIXES or path.stem.lower() == "readme"


def _folder(file: Packed) -> str:
    return PurePosixPath(file.path).parent.name


def _split(file: Packed) -> SplitName | None:
    above = PurePosixPath(file.path).parent.parent.parts
    return next((split for name in reversed(above) if (split := split_of(name))), None)


def _beginning(files: Sequence[Packed]) -> bytes:
    """Return the beginning of the texts, one line after the other."""
    found = b""
    for file in files:
        with file.open() as stream:
            found += stream.read(HEAD_OF_TEXTS - len(found)) + b"\n"
        if len(found) >= HEAD_OF_TEXTS:
            break
    return found
