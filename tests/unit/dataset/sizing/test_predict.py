"""Rows, bytes and memory of a preparation are predicted from the head of the first file."""

import bz2
import gzip
import io
import lzma
import random
import zipfile
from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.support.builders.tables import table
from tests.support.builders.workbook import workbook
from tests.support.pipeline.preparation import MemoryFile
from tunedrop.dataset.readers.source import HEAD
from tunedrop.dataset.sizing.predict import BASE, predict
from tunedrop.recipe.schema import Recipe

ROWS = 100_000
BASIC = Recipe(checks="basic")


@pytest.fixture(scope="module")
def csv() -> bytes:
    """About 7 MB of rows that compress about as well as text does."""
    words = [f"{number:x}" for number in range(5_000)]
    chosen = random.Random(17)  # noqa: S311 - words, no secrets
    lines = (" ".join(chosen.choices(words, k=15)) for _ in range(ROWS))
    return ("text,label\n" + "".join(f"{line},good\n" for line in lines)).encode()


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", content)
    return stream.getvalue()


def zstandard(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, "zstd", asbytes=True)
    return packed


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "data.csv": bytes,
    "data.csv.gz": gzip.compress,
    "data.csv.bz2": bz2.compress,
    "data.csv.xz": partial(lzma.compress, preset=0),
    "data.csv.zst": zstandard,
    "data.zip": zipped,
}


@pytest.mark.parametrize("name", PACKED)
def test_rows_and_unpacked_bytes_of_a_table_are_predicted_within_a_quarter(
    csv: bytes, name: str
) -> None:
    # When
    found = predict([MemoryFile(PACKED[name](csv), name)], BASIC)

    # Then
    assert found.rows == pytest.approx(ROWS, rel=0.25)
    assert found.unpacked == pytest.approx(len(csv), rel=0.25)
    assert found.memory == BASE + found.rows * 120


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("rows.jsonl", '{"text": "a text of some length", "label": "good"}\n' * 2_000),
        ("rows.json", "[" + ',\n  {"text":\n "a text", "label": "good"}' * 2_000 + "]"),
        ("quoted.csv", "text,label\n" + '"a text\nof two lines",good\n' * 2_000),
    ],
)
def test_rows_that_span_several_lines_are_counted_as_rows(name: str, rows: str) -> None:
    assert predict([MemoryFile(rows, name)], BASIC).rows == pytest.approx(2_000, rel=0.02)


def test_the_first_file_of_a_folder_stands_for_all_its_files(csv: bytes) -> None:
    # When
    found = predict([MemoryFile(csv), MemoryFile(csv), MemoryFile(csv)], BASIC)

    # Then
    assert found.rows == pytest.approx(3 * ROWS, rel=0.05)


def test_a_row_takes_1400_bytes_of_memory_with_every_check(csv: bytes) -> None:
    # When
    found = predict([MemoryFile(csv)], Recipe())

    # Then
    assert found.memory == BASE + found.rows * 1_400


def test_rows_beyond_the_near_duplicate_index_take_less_memory() -> None:
    # Given
    line = "twenty-nine characters,a-bcde\n"
    million, more = MemoryFile(line * 20_000), MemoryFile(line * 20_000)
    million.size, more.size = len(line) * 1_000_000, len(line) * 10_000_000

    # When
    few, many = predict([million], Recipe()), predict([more], Recipe())

    # Then
    assert few.memory - BASE == pytest.approx(1.4e9, rel=0.01)
    assert many.memory - BASE == pytest.approx(3.2e9, rel=0.01)


def test_all_cells_of_a_workbook_count_as_memory() -> None:
    # Given
    content = workbook(
        {"rows": [["text", "label"], *[[f"a text {n}", "good"] for n in range(900)]]}
    )

    # When
    found = predict([MemoryFile(content, "rows.xlsx")], BASIC)

    # Then
    assert found.memory - BASE >= 15 * len(content)


def test_the_row_group_of_a_parquet_file_counts_as_memory() -> None:
    # Given
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"text": [f"a text {n}" for n in range(900)]}), stream)
    content = stream.getvalue()

    # When
    found = predict([MemoryFile(content, "rows.parquet")], BASIC)

    # Then
    assert found.memory - BASE >= 3 * len(content)
    assert found.unpacked == 3 * len(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\x1f\x8b\x08 no gzip at all",
        b"PK\x03\x04 cut",
        gzip.compress(table(50_000).encode())[:4_000],
        zipped(b"small"),
    ],
    ids=["empty", "a picture", "no gzip", "no zip", "cut gzip", "a zip of little"],
)
def test_an_unreadable_file_is_predicted_to_be_small(content: bytes) -> None:
    # When its memory is predicted
    found = predict([MemoryFile(content, "data.csv.gz")], Recipe())

    # Then the prediction stays small, so that the function prepares it
    assert found.memory < BASE + (100 << 20)


def test_only_the_head_of_a_large_file_is_read(csv: bytes) -> None:
    # Given
    read = 0

    class CountingFile(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal read
            block = super().read(size)
            read += len(block)
            return block

    class Source(MemoryFile):
        def open(self) -> io.BytesIO:
            return CountingFile(csv)

    # When
    predict([Source(csv)], Recipe())

    # Then
    assert read <= HEAD
