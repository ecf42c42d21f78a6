"""Files of every format, written from rows."""

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.builders.row_shapes import Item
from tests.support.builders.workbook import workbook


def columns_of(items: Sequence[Item]) -> list[str]:
    return list(dict.fromkeys(key for item in items if isinstance(item, dict) for key in item))


def as_lines(items: Sequence[Item]) -> bytes:
    return b"\n".join(_json(item) for item in items)


def as_array(items: Sequence[Item]) -> bytes:
    return b"[" + b",\n".join(_json(item) for item in items) + b"]"


def as_objects(items: Sequence[Item]) -> bytes:
    return "\n".join(json.dumps(item, indent=1) for item in items).encode()


def as_object(items: Sequence[Item]) -> bytes:
    return b'{"version": 1, "data": ' + as_array(items) + b"}"


def as_splits(items: Sequence[Item]) -> bytes:
    parts = {"train": items[::2], "dev": items[1::4], "test": items[3::4]}
    named = [b'"%s": %s' % (name.encode(), as_array(part)) for name, part in parts.items()]
    return b"{" + b", ".join(named) + b"}"


def as_table(
    items: Sequence[Item], delimiter: str = ",", encoding: str = "utf-8", *, index: bool = False
) -> bytes:
    names = columns_of(items)
    lines = [_cells(["", *names] if index else names, delimiter).encode(encoding)]
    for at, item in enumerate(items):
        if isinstance(item, bytes):
            lines.append(item + b"\n")
        else:
            cells = [item.get(name) for name in names]
            lines.append(_cells([at, *cells] if index else cells, delimiter).encode(encoding))
    return b"".join(lines)


def as_headless(items: Sequence[Item]) -> bytes:
    return as_table(items).partition(b"\n")[2]


def as_workbook(items: Sequence[Item]) -> bytes:
    names = columns_of(items)
    rows = [[_cell(item[name]) for name in names] for item in items if isinstance(item, dict)]
    return workbook({"Sheet 1": [names, *rows]})


def as_paragraphs(items: Sequence[Item]) -> bytes:
    texts = [str(item["text"]) for item in items if isinstance(item, dict)]
    return "\n\n".join(text or "<|im_end|>" for text in texts).encode()


def as_zip(items: Sequence[Item]) -> bytes:
    half = len(items) // 2
    return zipped({"a/one.jsonl": as_lines(items[:half]), "a/two.json": as_array(items[half:])})


def as_zipped_splits(items: Sequence[Item]) -> bytes:
    parts = {"train": items[::2], "val": items[1::4], "test": items[3::4]}
    return zipped({f"{name}.csv": as_table(part) for name, part in parts.items()})


def as_folders(items: Sequence[Item]) -> bytes:
    rows = [(number, item) for number, item in enumerate(items) if isinstance(item, dict)]
    texts = {f"{item['label'] or 'good'}/{number}.txt": item for number, item in rows}
    return zipped({path: item["text"].encode() for path, item in texts.items()})


def zipped(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def as_fasttext(items: Sequence[Item]) -> bytes:
    lines = []
    for item in items:
        assert not isinstance(item, bytes)
        prefix = f"__label__{item['label']} " if item["label"] else ""
        lines.append(f"{prefix}{item['text']}\n")
    return "".join(lines).encode()


def as_cells(items: Sequence[Item]) -> bytes:
    rows = [item for item in items if not isinstance(item, bytes)]
    cells = [list(row.values()) for row in rows]
    layout = {"columns": list(rows[0]), "index": list(range(len(rows))), "data": cells}
    return json.dumps(layout).encode()


def as_columns(items: Sequence[Item]) -> bytes:
    rows = [item for item in items if not isinstance(item, bytes)]
    layout = {
        name: {str(at): row.get(name) for at, row in enumerate(rows)} for name in columns_of(items)
    }
    return json.dumps(layout).encode()


def as_viewer(items: Sequence[Item]) -> bytes:
    rows = [{"row_idx": at, "row": item} for at, item in enumerate(items)]
    return json.dumps({"features": [{"name": "text"}], "rows": rows}).encode()


def as_squad(items: Sequence[Item]) -> bytes:
    articles = []
    for item in items:
        assert not isinstance(item, bytes)
        asked = {"question": item["question"], "answers": [{"text": item["answer"]}]}
        articles.append({"paragraphs": [{"context": item["context"], "qas": [asked]}]})
    return json.dumps({"version": "1.1", "data": articles}).encode()


def as_parquet(items: Sequence[Item]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(items)), stream, row_group_size=5)
    return stream.getvalue()


def _json(item: Item) -> bytes:
    return item if isinstance(item, bytes) else json.dumps(item, ensure_ascii=False).encode()


def _cell(value: Any) -> str | int:
    return value if isinstance(value, int) else str(value)


def _cells(cells: Sequence[Any], delimiter: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return stream.getvalue()
