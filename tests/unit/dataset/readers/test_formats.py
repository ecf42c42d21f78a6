"""Every file format gives the same rows: compressed, in an archive, or with a wrong extension."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.builders.tables import table
from tests.support.builders.workbook import workbook
from tests.support.pipeline.preparation import prepare
from tunedrop.errors import DatasetError

ROWS = [
    {"text": f"this is sentence number {n}", "label": ["good", "bad"][n % 2]} for n in range(30)
]


def parquet(rows: list[dict[str, Any]], metadata: dict[str, Any] | None = None) -> bytes:
    arrow = pa.Table.from_pylist(rows)
    if metadata:
        arrow = arrow.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    stream = io.BytesIO()
    pq.write_table(arrow, stream, row_group_size=7)
    return stream.getvalue()


def zipped(members: dict[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, codec="zstd", asbytes=True)
    return packed


LINES = "\n".join(json.dumps(row) for row in ROWS)
CELLS = [["text", "label"], *([row["text"], row["label"]] for row in ROWS)]
FORMATS: dict[str, tuple[bytes, str]] = {
    "JSON Lines": (LINES.encode(), "data.csv"),
    "JSON array": (json.dumps(ROWS).encode(), "data.jsonl"),
    "JSON objects": ("\n".join(json.dumps(row, indent=1) for row in ROWS).encode(), "data.json"),
    "JSON object": (json.dumps({"version": "1", "tags": ["a"], "data": ROWS}).encode(), "d.json"),
    "CSV": (table(30).encode(), "data.txt"),
    "TSV": (table(30).replace(",", "\t").encode(), "data.tsv"),
    "Parquet": (parquet(ROWS), "data.bin"),
    "XLSX": (workbook({"Sheet 1": CELLS}), "data.xlsx"),
}


@pytest.mark.parametrize("format_", FORMATS)
def test_the_format_is_recognised_by_content_and_the_rows_are_the_same(format_: str) -> None:
    # Given
    content, name = FORMATS[format_]

    # When
    document, sink = prepare(content, name)

    # Then
    assert document.format == format_
    assert sink.files == prepare(LINES, "data.jsonl")[1].files


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
    "zst of several frames": lambda content: zstd(content[:300]) + zstd(content[300:]),
    "zip": lambda content: zipped({"__MACOSX/._data.csv": b"junk", "folder/data.csv": content}),
    "csv.gz in zip": lambda content: zipped({"data.csv.gz": gzip.compress(content)}),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_a_compressed_or_archived_file_gives_the_same_rows(packer: str) -> None:
    # When
    _, sink = prepare(PACKERS[packer](table(30).encode()), "data.csv")

    # Then
    assert sink.files == prepare(table(30))[1].files


def test_the_tables_of_an_archive_are_one_dataset() -> None:
    # Given
    halves = zipped({"one.csv": table(20), "two.jsonl": LINES})

    # When
    document, sink = prepare(halves, "data.zip")

    # Then
    assert document.format == "CSV, JSON Lines"
    assert (document.rows.source, document.rows.duplicates) == (50, 20)
    assert sink.all_rows()[-1].row == 50


def test_archive_members_named_as_splits_are_used_without_train_duplicates() -> None:
    # Given
    header, *lines = table(60).splitlines()
    train, test = lines[:45], lines[40:]

    # When
    document, sink = prepare(
        zipped(
            {
                "set/train.csv": "\n".join([header, *train]),
                "set/test.csv": "\n".join([header, *test]),
            }
        ),
        "data.zip",
    )

    # Then
    assert document.rows.test == 20
    assert document.rows.duplicates == 5
    assert document.rows.train + document.rows.validation == 40
    assert {row.prompt[-1].content for row in sink.rows("test")} == {
        line.partition(",")[0] for line in test
    }


def test_named_splits_of_a_json_object_are_used_unchanged() -> None:
    # Given
    text = json.dumps({"train": ROWS[:20], "dev": ROWS[20:24], "test": ROWS[24:]})

    # When
    rows = prepare(text, "data.json")[0].rows

    # Then
    assert (rows.train, rows.validation, rows.test) == (20, 4, 6)


def test_class_labels_of_hugging_face_parquet_are_replaced_by_their_names() -> None:
    # Given
    rows = [{"text": row["text"], "label": n % 2} for n, row in enumerate(ROWS)]
    names = {"label": {"names": ["good", "bad"], "_type": "ClassLabel"}}

    # When
    document, _ = prepare(parquet(rows, {"info": {"features": names}}), "data.parquet")

    # Then
    assert document.labels == ["bad", "good"]


def test_a_table_without_header_is_read_from_its_first_row() -> None:
    # When
    document, sink = prepare(table(30).partition("\n")[2])

    # Then
    assert document.rows.source == 30
    assert document.columns.mapping == {"text": "column 1", "label": "column 2"}
    assert sink.all_rows()[0].prompt[-1].content == "this is sentence number 0"


def test_an_index_column_is_not_taken_for_the_label() -> None:
    # Given
    indexed = ",text,label\n"
    indexed += "".join(f"{n},{row['text']},{row['label']}\n" for n, row in enumerate(ROWS))

    # Then
    assert prepare(indexed)[0].columns.mapping == {"text": "text", "label": "label"}


def test_sheets_with_the_same_header_are_one_table() -> None:
    # Given
    book = workbook({"a": CELLS[:15], "notes": [["x"], ["y"]], "b": [CELLS[0], *CELLS[15:]]})

    # When
    document, _ = prepare(book, "data.xlsx")

    # Then
    assert document.rows.source == 30


def test_paragraphs_are_rows_of_the_pretraining_task() -> None:
    # Given
    text = "# Title\n\n" + "\n\n".join(f"Paragraph {n} has\ntwo lines, really." for n in range(20))

    # When
    document, _ = prepare(text, "book.md")

    # Then
    assert (document.task, document.rows.source) == ("pretraining", 21)


BROKEN: dict[str, tuple[bytes, str]] = {
    "truncated gzip": (gzip.compress(table(5000).encode())[:-900], "damaged or incomplete"),
    "damaged zst": (zstd(table(5000).encode())[:-400] + b"x" * 400, "damaged|leaves"),
    "gzip bomb": (gzip.compress(b"a,b\n" + b" " * (70 << 20), 9), "unpacks to more than"),
    "zip bomb": (zipped({"a.csv": b"a,b\n" + b" " * (70 << 20)}), "unpacks to 70 MB"),
    "names that lead out": (zipped({"../../etc/passwd": "x"}), "contains the path"),
    "damaged or incomplete zip archive": (
        zipped({"a.csv": table(9)})[:-40],
        "damaged or incomplete zip archive",
    ),
    "Parquet without footer": (parquet(ROWS)[:-300], "damaged or incomplete Parquet file"),
    "empty zip": (zipped({"a/": ""}), "contains no file"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "is a PNG picture"),
    "binary": (bytes(range(256)) * 20, "is a binary file"),
    "one column": (b"just some words\nand some more\n", "neither JSON nor a table"),
    "columns of a data frame": (b'{"text": {"0": "a"}, "label": {"0": "b"}}', "list of rows"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_ends_in_one_clear_error(kind: str) -> None:
    # Given
    content, message = BROKEN[kind]

    # Then
    with pytest.raises(DatasetError, match=message):
        prepare(content, "data.jsonl")


def test_an_encrypted_archive_is_refused() -> None:
    # Given
    content = bytearray(zipped({"a.csv": table(9)}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1  # the flag that says "encrypted"

    # Then
    with pytest.raises(DatasetError, match=r"a.csv in data.zip is encrypted"):
        prepare(bytes(content), "data.zip")
