"""Predict how much memory and disk a preparation takes, from the head of what was dropped.

The bytes per row were measured: see benchmarks/README.md and the tests of this module.
"""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from io import BytesIO
from typing import BinaryIO

from tunedrop.dataset.duplicates.near import MAX_INDEXED
from tunedrop.dataset.readers.formats import UNKNOWN, Density, Format, format_of
from tunedrop.dataset.readers.open import open_parts
from tunedrop.dataset.readers.source import SourceFile, read_head
from tunedrop.dataset.sizing.footprint import Footprint
from tunedrop.errors import DatasetError
from tunedrop.recipe.schema import Recipe

BASE = 140 << 20  # Bytes: the interpreter, the imported modules, the blocks being read.
BASIC_ROW = 120  # Bytes that every row takes with `checks: basic`.
CHECKED_ROW = 200  # Bytes that every row takes with `checks: full`.
INDEXED_ROW = 1_200  # Further bytes of each row in the index of near duplicates.


def predict(sources: Sequence[SourceFile], recipe: Recipe) -> Footprint:
    """Return what the preparation of these files will take, judged by the first one.

    Args:
        sources: the dropped files; only the head of the first is read.
        recipe: decides which checks are made.
    """
    total = sum(source.size for source in sources)
    density, found = _first_look(sources[0])
    unpacked = int(total * density.expansion)
    rows = int(unpacked / density.row)
    return Footprint(rows, unpacked, BASE + _held(found, sources) + _row_bytes(rows, recipe))


def text_head(source: SourceFile) -> SourceFile | None:
    """Return the head of a text file, unpacked if need be, as a file; None for other formats."""
    with source.open() as stream:
        head = read_head(stream)
    found = format_of(head)
    if found is None:
        return _Head(source.name, head)
    inside = found.look_inside(source, head)
    if inside is None or format_of(inside.content) is not None:
        return None
    return _Head(inside.name, inside.content)


def _held(found: Format | None, sources: Sequence[SourceFile]) -> int:
    """Return how many bytes the reader of this format keeps in memory."""
    if found is None:
        return 0
    sizes = [source.size for source in sources]
    return found.held * (max(sizes) if found.held_of == "file" else sum(sizes))


def _row_bytes(rows: int, recipe: Recipe) -> int:
    if recipe.checks == "basic":
        return rows * BASIC_ROW
    return rows * CHECKED_ROW + min(rows, MAX_INDEXED) * INDEXED_ROW


def _first_look(source: SourceFile) -> tuple[Density, Format | None]:
    """Return a file's density and its format (None for text)."""
    with source.open() as stream:
        head = read_head(stream)
    found = format_of(head)
    if found is None:
        return Density(1.0, _row_length(source.name, head)), None
    inside = found.look_inside(source, head)
    if inside is None:
        return found.density, found
    expansion = len(inside.content) / inside.packed
    return Density(expansion, _row_length(inside.name, inside.content)), found


def _row_length(name: str, head: bytes) -> float:
    """Return the mean length of the rows that the reader of this format finds in a head."""
    rows = 0
    with suppress(DatasetError), ExitStack() as resources:
        rows = sum(1 for _ in open_parts([_Head(name, head)], resources).records())
    return len(head) / rows if rows else UNKNOWN.row


class _Head:
    """The head of a file, as a file."""

    def __init__(self, name: str, head: bytes) -> None:
        self.name = name
        self.size = len(head)
        self._head = head

    def open(self) -> BinaryIO:
        return BytesIO(self._head)
