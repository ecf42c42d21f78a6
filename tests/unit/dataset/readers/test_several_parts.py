"""Drops of several parts: splits by file name, row numbers, and rows that leak between splits."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.support.builders.workbook import workbook
from tests.support.pipeline.preparation import MemoryFile, MemorySink
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.documents.dataset import Dataset
from tunedrop.recipe.schema import Recipe


def drop(files: Mapping[str, bytes | str], **recipe: Any) -> tuple[Dataset, MemorySink]:
    sink = MemorySink()
    sources = [MemoryFile(content, name) for name, content in files.items()]
    document = prepare_dataset(
        sources,
        msgspec.convert(recipe, Recipe),
        sink,
        dataset="d",
        run="0" * 12,
        source_uri="s3://bucket/datasets/d/_SUCCESS",
    )
    return document, sink


def fields(first: int, count: int) -> list[dict[str, str]]:
    return [
        {"text": f"a sentence with the number {n}", "label": ("good", "bad")[n % 2]}
        for n in range(first, first + count)
    ]


def as_lines(rows: list[dict[str, str]]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def as_sheet(rows: list[dict[str, str]]) -> bytes:
    return workbook({"Sheet 1": [["text", "label"], *[list(row.values()) for row in rows]]})


@pytest.mark.parametrize(
    ("extension", "write"), [("jsonl", as_lines), ("json", json.dumps), ("xlsx", as_sheet)]
)
def test_files_named_as_splits_are_the_splits_in_every_format(extension: str, write: Any) -> None:
    # Given
    files = {
        f"train.{extension}": write(fields(0, 40)),
        f"test.{extension}": write(fields(100, 20)),
    }

    # When
    document, sink = drop(files)

    # Then
    assert document.rows.test == 20
    assert all(" 1" in row.prompt[-1].content for row in sink.rows("test"))


def test_a_part_without_a_split_name_is_training_data_beside_named_ones() -> None:
    # Given
    extra = [row | {"label": "bad"} for row in fields(100, 5)]
    files = {"train": fields(0, 40), "test": fields(100, 20), "more": fields(200, 10) + extra}

    # When
    _, sink = drop({f"{name}.jsonl": as_lines(rows) for name, rows in files.items()})

    # Then
    tested = {row.prompt[-1].content for row in sink.rows("test")}
    assert not tested & {row.prompt[-1].content for row in sink.rows("train")}


def test_blank_lines_between_parts_do_not_shift_rejected_line_numbers() -> None:
    # Given
    second = fields(100, 40)
    second[39] = {"text": second[5]["text"], "label": "good"}

    # When
    document, sink = drop(
        {"a.jsonl": as_lines(fields(0, 40)) + "\n\n\n", "b.jsonl": as_lines(second)}
    )

    # Then
    rejected = [(r.file, r.line, json.loads(r.content or "")["text"]) for r in sink.rejected]
    assert rejected == [("b.jsonl", line, second[5]["text"]) for line in (6, 40)]
    counts = document.rows
    assert counts.source == 80 == counts.train + counts.validation + counts.test + counts.rejected


def test_rejected_rows_name_the_archive_member_that_they_are_in() -> None:
    # Given
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("one.jsonl", as_lines(fields(0, 20)))
        archive.writestr("two.jsonl", as_lines(fields(50, 20)) + "\n[1]")

    # When
    _, sink = drop({"rows.zip": stream.getvalue()})

    # Then
    assert [(r.file, r.line) for r in sink.rejected] == [("two.jsonl", 21)]


def test_leaked_rows_that_the_recipe_keeps_are_reported() -> None:
    # Given
    rows = fields(0, 40)
    files = {"train.jsonl": as_lines(rows), "test.jsonl": as_lines(fields(100, 20) + rows[:3])}

    # When
    document, _ = drop(files, split={"leakage": "keep"})

    # Then
    assert [found.rows for found in document.findings if found.check == "leakage"] == [3]
    assert document.rows.train + document.rows.validation == 40
