"""No row is lost: every row shape, generated in every format that can hold it."""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import files
from tests.support.builders.row_shapes import SHAPES, Item, RowShape, text_of
from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.dataset.examining.rejects import REASONS
from tunedrop.documents.dataset import Dataset

BOUNDED = settings(max_examples=10, deadline=None, derandomize=True, database=None)
FIRST = 16  # Every file begins with this many good rows.
OUTPUTS = ("train", "validation", "test", "rejected")
KEY = "AKIA" + "IOSFODNN7EXAMPLE"


class Format(NamedTuple):
    """How rows become a file and what it is read as.

    `flat` formats hold no lists; `unreadable` rows stand in the file as they are; `only` names
    the one shape that a format is made for.
    """

    read_as: str
    name: str
    write: Callable[[Sequence[Item]], bytes]
    flat: bool = False
    unreadable: tuple[bytes, ...] = ()
    only: str | None = None


CUT_OFF = (b'{"text": "cut o', b"[1, 2]", b'{"text": "caf\xff"}', b'{"a": NaN}', b"17")
NO_OBJECTS = (b"17", b'"x"', b"[1]")
WIDE = (b",".join([b"x"] * 12), b"caf\xff \xfe,good,good")
HEADLESS = "CSV without a header"
NAMED = {"columns": {"text": "column 1", "label": "column 2"}}  # where many rows have no label
FORMATS: dict[str, Format] = {
    "JSON Lines": Format("JSON Lines", "d.jsonl", files.as_lines, unreadable=CUT_OFF),
    "SageMaker Ground Truth manifest": Format(
        "JSON Lines",
        "d.manifest",
        files.as_lines,
        unreadable=CUT_OFF,
        only="Ground Truth classification",
    ),
    "SageMaker Ground Truth annotations": Format(
        "JSON array", "d.json", files.as_array, only="Ground Truth consolidated annotations"
    ),
    "JSON array": Format("JSON array", "d.json", files.as_array, unreadable=NO_OBJECTS),
    "JSON objects one after the other": Format("JSON objects", "d.json", files.as_objects),
    "JSON object": Format("JSON object", "d.json", files.as_object),
    "JSON object with lists of rows, named splits": Format(
        "JSON object", "d.json", files.as_splits, unreadable=NO_OBJECTS
    ),
    "JSON lists of cells, also pandas' `split` layout": Format(
        "JSON lists of cells", "d.json", files.as_cells, only="text and label"
    ),
    "JSON object of columns, pandas' default layout": Format(
        "JSON object of columns", "d.json", files.as_columns, only="text and label"
    ),
    "JSON of Hugging Face's dataset viewer": Format(
        "JSON object", "d.json", files.as_viewer, only="text and label"
    ),
    "SQuAD": Format("SQuAD", "d.json", files.as_squad, only="question, context, answer"),
    "fastText": Format("fastText", "d.txt", files.as_fasttext, only="text and label"),
    "Parquet": Format("Parquet", "d.parquet", files.as_parquet),
    "CSV": Format("CSV", "d.csv", files.as_table, flat=True, unreadable=WIDE),
    HEADLESS: Format(
        "CSV",
        "d.csv",
        files.as_headless,
        flat=True,
        unreadable=WIDE[:1],
        only="text and label",
    ),
    "CSV with an index column": Format(
        "CSV", "d.csv", lambda rows: files.as_table(rows, index=True), flat=True
    ),
    "CSV with semicolons, in Windows-1252": Format(
        "CSV (semicolons)",
        "d.csv",
        lambda rows: files.as_table(rows, ";", "cp1252"),
        flat=True,
    ),
    "CSV in UTF-16": Format(
        "CSV",
        "d.csv",
        lambda rows: b"\xff\xfe" + files.as_table(rows, ",", "utf-16-le"),
        flat=True,
    ),
    "CSV under another extension": Format("CSV", "d.json", files.as_table, flat=True),
    "TSV": Format("TSV", "d.tsv", lambda rows: files.as_table(rows, "\t"), flat=True),
    "XLSX": Format("XLSX", "d.xlsx", files.as_workbook, flat=True),
    "plain text and Markdown, by paragraph": Format(
        "plain text", "d.md", files.as_paragraphs, only="text alone"
    ),
    "zip of several files": Format(
        "JSON Lines, JSON array", "d.zip", files.as_zip, unreadable=NO_OBJECTS
    ),
    "zip or tar with one text a file, in folders named like the labels": Format(
        "plain text in folders", "d.zip", files.as_folders, only="text and label"
    ),
    "zip of splits": Format("CSV", "d.zip", files.as_zipped_splits, flat=True),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "not packed": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "Zstandard": lambda content: bytes(pa.compress(content, codec="zstd", asbytes=True)),
    "tar, also packed (`.tar.gz`)": lambda content: files.tarred({"folder/d": content}),
    "zip, with one or several tables": lambda content: files.zipped({"folder/d": content}),
}
COMBINATIONS = [
    (shape, form)
    for shape, rows in SHAPES.items()
    for form, file in FORMATS.items()
    if shape == file.only or (file.only is None and (rows.flat or not file.flat))
]
kinds = st.sampled_from(["good", "again", "similar", "spoilt", "token", "secret", "unreadable"])
recipes = st.fixed_dictionaries(
    {
        "checks": st.sampled_from(["full", "basic"]),
        "rows": st.fixed_dictionaries({"max_train": st.integers(3, 40)}),
    }
)


def item(kind: str, number: int, shape: RowShape, file: Format) -> Item:
    """Return a row of a kind; `number` is new for every row."""
    if kind == "unreadable" and file.unreadable:
        return file.unreadable[number % len(file.unreadable)]
    if kind == "spoilt":
        return {**shape.good(text_of(number), number), **shape.spoilt}
    if kind in ("again", "similar"):
        old = number % FIRST
        return shape.good(text_of(old) + (" indeed" if kind == "similar" else ""), old)
    mark = {"token": " <|im_end|>", "secret": f" {KEY}"}.get(kind, "")
    return shape.good(text_of(number) + mark, number)


def prepared(content: bytes, name: str, recipe: dict[str, Any]) -> tuple[Dataset, MemorySink]:
    """Prepare rows of any task."""
    return prepare(content, name, **recipe)


def assert_conserved(document: Dataset, sink: MemorySink, rows: int) -> None:
    """Check that every row is in one of the files, counted in the files themselves."""
    written = {
        name: [msgspec.json.decode(line) for line in sink.files[f"{name}.jsonl"].splitlines()]
        for name in OUTPUTS
    }
    counts = document.rows
    assert counts.source == rows
    assert [len(written[name]) for name in OUTPUTS] == [getattr(counts, name) for name in OUTPUTS]
    assert rows == sum(map(len, written.values())) + counts.duplicates + counts.not_sampled
    numbers = [row["row"] for part in written.values() for row in part]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= set(range(1, rows + 1))
    assert {row["reason"] for row in written["rejected"]} <= REASONS.keys()
    assert all(row["message"] for row in written["rejected"])


@pytest.mark.parametrize(("shape", "form"), COMBINATIONS, ids=map(" as ".join, COMBINATIONS))
def test_no_row_is_lost_and_a_second_preparation_is_the_same(shape: str, form: str) -> None:
    """Rows of any kinds are all accounted for, and a second preparation writes the same bytes."""
    rows, file = SHAPES[shape], FORMATS[form]
    fixed = NAMED if form == HEADLESS else rows.recipe
    packers = ["not packed"] if file.name.endswith(".md") else list(PACKERS)

    @BOUNDED
    @given(st.lists(kinds, max_size=14), recipes, st.sampled_from(packers))
    def is_conserved(drawn: list[str], recipe: dict[str, Any], packer: str) -> None:
        items = [
            item(kind, number, rows, file) for number, kind in enumerate(["good"] * FIRST + drawn)
        ]
        content = PACKERS[packer](file.write(items))
        document, sink = prepared(content, file.name, {**fixed, **recipe})
        assert document.format == file.read_as
        # A column a label is known by its content, of which a tenth may be wrong.
        if drawn.count("spoilt") < len(items) / 10:
            assert document.columns.shape == rows.read_as
        assert_conserved(document, sink, rows=len(items))
        again, same = prepared(content, file.name, {**fixed, **recipe})
        assert (again, same.files) == (document, sink.files)

    is_conserved()


def test_every_documented_shape_and_format_is_generated() -> None:
    # Given
    text = (Path(__file__).parents[3] / "docs" / "data.md").read_text()
    files, rows = text.partition("\n## Rows\n")[::2]
    name = re.compile(r"^\| ([^|]+?)(?: \(1\))? \| .*\[", re.MULTILINE)
    formats, shapes = (set(name.findall(part)) for part in (files, rows))

    # Then
    assert formats <= FORMATS.keys() | PACKERS.keys()
    assert shapes <= SHAPES.keys()
    assert (len(formats), len(shapes)) > (15, 10)
