"""Bad input causes a rejected row or one DatasetError, and never a crash or a lost row."""

import io
import json
import tracemalloc
from typing import BinaryIO

import pytest

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.recipe.schema import Recipe

GOOD = [json.dumps({"prompt": f"question {n}", "completion": f"answer {n}"}) for n in range(20)]
LINES: dict[str, tuple[bytes, str | None]] = {
    "cut off": (b'{"prompt": "q", "comple', "invalid_json"),
    "invalid UTF-8": (b'{"prompt": "q\xff", "completion": "a"}', "invalid_encoding"),
    "lone surrogate": (b'{"prompt": "q\\ud800", "completion": "a"}', "invalid_json"),
    "BOM in the middle": (b'\xef\xbb\xbf{"prompt": "q", "completion": "a"}', "invalid_json"),
    "NUL byte": (b'{"prompt": "q\x00", "completion": "a"}', "invalid_json"),
    "escaped NUL": (b'{"prompt": "q\\u0000", "completion": "a"}', None),
    "NaN": (b'{"prompt": NaN, "completion": "a"}', "invalid_json"),
    "1e999": (b'{"prompt": 1e999, "completion": "a"}', "invalid_json"),
    "5,000 digits": (b'{"prompt": ' + b"9" * 5_000 + b', "completion": "a"}', "*"),
    "duplicate keys": (b'{"prompt": "p", "prompt": "q", "completion": "a"}', None),
    "100k-deep nesting": (b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
    "a 17 MB line": (b'{"prompt": "' + b"x" * (17 << 20) + b'"}', "row_too_long"),
    "a list": (b"[1, 2]", "not_an_object"),
    "a number": (b"17", "not_an_object"),
    "a wrong key": (b'{"promt": "q", "completion": "a"}', "empty"),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_bad_line_rejects_only_its_own_row(kind: str) -> None:
    # Given
    line, reason = LINES[kind]
    text = "\n".join(GOOD[:10]).encode() + b"\n" + line + b"\n" + "\n".join(GOOD[10:]).encode()

    # When
    document, sink = prepare(text, "data.jsonl")

    # Then
    assert document.rows.source == 21
    assert len(sink.all_rows()) == (21 if reason is None else 20)
    for rejected in sink.rejected:
        assert (rejected.row, rejected.line) == (11, 11)
        assert reason in ("*", rejected.reason)


CELLS: dict[str, tuple[bytes, str | None]] = {
    "NUL byte": (b"a \x00 in it,good", None),
    "lone quote": (b'he said "never,good', None),
    "invalid UTF-8": (b"caf\xe9 \xff\xfe,good", "invalid_encoding"),
    "too many values": (b"a,b,c,good", "column_count"),
    "a 17 MB value": (b"x" * (17 << 20) + b",good", "row_too_long"),
    "only delimiters": (b",", "empty"),
    "carriage returns": (b'"two\rlines",good', None),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_bad_table_row_rejects_only_itself(kind: str) -> None:
    # Given
    row, reason = CELLS[kind]
    lines = table(20).encode().splitlines()

    # When
    document, sink = prepare(b"\n".join([*lines[:11], row, *lines[11:]]))

    # Then
    assert document.rows.source == 21
    assert [r.reason for r in sink.rejected] == ([reason] if reason else [])


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read() -> None:
    # Given
    text = b"\xef\xbb\xbf" + "\r\n".join(GOOD).encode()

    # Then
    assert prepare(text, "data.jsonl")[0].rows.train == 16


class Endless:
    """A file of some good lines and one line of a gigabyte, which is generated while it is read."""

    name = "huge.jsonl"
    size = 1 << 30

    def open(self) -> BinaryIO:
        return io.BufferedReader(_Line("\n".join(GOOD).encode() + b"\n", self.size))


class _Line(io.RawIOBase):
    def __init__(self, beginning: bytes, size: int) -> None:
        self._ready = beginning
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._ready:
            self._ready = b"x" * min(self._left, 1 << 16)
        given = self._ready[: len(view)]
        view[: len(given)] = given
        self._ready = self._ready[len(given) :]
        self._left -= len(given)
        return len(given)


def test_a_line_larger_than_memory_is_one_rejected_row() -> None:
    # Given
    sink = MemorySink()
    tracemalloc.start()

    # When
    document = prepare_dataset(Endless(), Recipe(), sink, dataset="d", run="r", source_uri="s")

    # Then
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert document.rejected_reasons == {"row_too_long": 1}
    assert document.rows.train == 16
    assert peak < 120 << 20
