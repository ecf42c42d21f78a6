"""Parquet, read by row group in small batches. It needs pyarrow from the prepare layer."""

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, BinaryIO

import msgspec

from tunedrop.dataset.readers.damage import reading
from tunedrop.dataset.readers.parts import Part, split_of
from tunedrop.dataset.readers.record import Record
from tunedrop.dataset.readers.source import SourceFile, seekable
from tunedrop.errors import DatasetError

BATCH = 1_024  # Rows that are converted at once.


class Parquet:
    """A Parquet file. Hugging Face class labels are replaced by their names."""

    format = "Parquet"

    def __init__(self, source: SourceFile, resources: ExitStack) -> None:
        self._source = source
        self._stream: BinaryIO = seekable(source, resources)
        with self._damage():
            self._names = _class_names(self._file().schema_arrow.metadata or {})

    def records(self) -> Iterator[Record]:
        """Yield the rows; damage further on in the file raises a DatasetError."""
        row = 0
        with self._damage():
            for batch in self._file().iter_batches(batch_size=BATCH):
                for values in batch.to_pylist():
                    row += 1
                    for column, names in self._names.items():
                        values[column] = _named(values.get(column), names)
                    yield Record(row, None, b"", values)

    def _file(self) -> Any:
        self._stream.seek(0)
        return _pyarrow("pyarrow.parquet").ParquetFile(self._stream)

    def _damage(self) -> AbstractContextManager[None]:
        return reading(self._source.name, "Parquet file", _pyarrow("pyarrow").ArrowException)


def _pyarrow(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise DatasetError(
            "Parquet cannot be read here: the prepare layer is missing.",
            "Deploy the layer with the function, or drop the table as CSV.",
        ) from None


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Read the label names that `datasets` stores in the schema's metadata."""
    try:
        features = msgspec.json.decode(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            column: feature["names"]
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, TypeError, AttributeError, msgspec.DecodeError):
        return {}


def _named(value: Any, names: list[str]) -> Any:
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value


def parts_of(source: SourceFile, resources: ExitStack) -> list[Part]:
    """Return the file as its only part.

    Raises:
        DatasetError: the file is damaged, or pyarrow is missing.
    """
    return [Part(Parquet(source, resources), source.name, split_of(source.name))]
