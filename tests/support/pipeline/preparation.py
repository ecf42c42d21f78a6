"""A dropped file and a run's folder in memory, and a preparation with them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import msgspec

from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.rows import Rejected, Row
from tunedrop.recipe.schema import Recipe


class MemoryFile:
    """A source file made of bytes."""

    def __init__(self, content: bytes | str, name: str = "data.csv") -> None:
        self._content = content.encode() if isinstance(content, str) else content
        self.name = name
        self.size = len(self._content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content)


class MemorySink:
    """Keeps what was written; a file whose block failed does not exist."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        stream = io.BytesIO()
        yield stream
        self.files[name] = stream.getvalue()

    def rows(self, split: str) -> list[Row]:
        lines = self.files[f"{split}.jsonl"].splitlines()
        return [msgspec.json.decode(line, type=Row) for line in lines]

    def all_rows(self) -> list[Row]:
        rows = [row for split in ("train", "validation", "test") for row in self.rows(split)]
        return sorted(rows, key=lambda row: row.row)

    @property
    def rejected(self) -> list[Rejected]:
        lines = self.files["rejected.jsonl"].splitlines()
        return [msgspec.json.decode(line, type=Rejected) for line in lines]


def prepare(
    content: bytes | str, name: str = "data.csv", processes: int = 1, **recipe: Any
) -> tuple[Dataset, MemorySink]:
    """Prepare bytes with a recipe given as keywords, in so many processes."""
    sink = MemorySink()
    document = prepare_dataset(
        MemoryFile(content, name),
        msgspec.convert(recipe, Recipe),
        sink,
        dataset="tweets",
        run="0123456789ab",
        source_uri="s3://bucket/datasets/tweets/data.csv",
        processes=processes,
    )
    return document, sink
