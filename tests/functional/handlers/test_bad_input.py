"""Bad input through the whole prepare stage gives rejected rows or one email, never a crash."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from tests.support.pipeline.drives import change, report_failure, send_dead_letter
from tests.support.pipeline.stack import Stack
from tunedrop.aws.clients import client
from tunedrop.dataset.examining.rejects import REASONS
from tunedrop.documents.dataset import Dataset

GOOD = [json.dumps({"prompt": f"question {n}", "completion": f"answer {n}"}) for n in range(20)]
TABLE = "text,label\n" + "".join(f"a sentence of number {n},{'ab'[n % 2]}\n" for n in range(20))
BOMB = b"text,label\n" + b" " * (70 << 20)


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped({"a.csv": TABLE.encode()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1  # the flag that says "encrypted"
    return bytes(content)


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([json.loads(line) for line in GOOD]), stream)
    return stream.getvalue()


FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("d.csv", b"", "d.csv is empty"),
    "whitespace": ("d.csv", b" \r\n\t\n \n", "contains only blanks"),
    "only a BOM": ("d.jsonl", b"\xef\xbb\xbf", "contains only blanks"),
    "one row": ("d.csv", b"text,label\na,b\n", "has 1 usable rows"),
    "all rows bad": ("d.jsonl", b'{"prompt": }\n' * 30, "30 were rejected"),
    "all rows the same": ("d.csv", b"text,label\n" + b"a b,c\n" * 30, "29 are duplicates"),
    "truncated gzip": ("d.csv.gz", gzip.compress(TABLE.encode() * 99)[:-90], "incomplete archive"),
    "gzip bomb": ("d.csv.gz", gzip.compress(BOMB), "unpacks to more than 64 MB"),
    "zip bomb": ("d.zip", zipped({"a.csv": BOMB}), "unpacks to 70 MB"),
    "encrypted zip": ("d.zip", encrypted(), "a.csv in d.zip is encrypted"),
    "zip with ../": ("d.zip", zipped({"../a.csv": b"x"}), "contains the path '../a.csv'"),
    "zip with /": ("d.zip", zipped({"/etc/a.csv": b"x"}), "contains the path '/etc/a.csv'"),
    "truncated zip": ("d.zip", zipped({"a.csv": TABLE.encode()})[:-30], "incomplete zip archive"),
    "Parquet without its footer": ("d.parquet", parquet()[:-40], "incomplete Parquet file"),
    "Parquet with a broken footer": (
        "d.parquet",
        parquet()[:-60] + b"\xff" * 52 + parquet()[-8:],
        "incomplete Parquet file",
    ),
    "PNG named .jsonl": ("d.jsonl", b"\x89PNG\r\n\x1a\n\x00\x00", "is a PNG picture"),
    "deeper than anyone reads": ("d.json", b"[" * 200_000, "d.json"),
}


@pytest.mark.parametrize("kind", FILES)
def test_an_unusable_file_causes_one_email_with_the_reason(stack: Stack, kind: str) -> None:
    # Given a file that cannot be used
    name, body, words = FILES[kind]
    stack.drop(f"datasets/d/{name}", body)

    # When it is dropped, and its failure is reported twice
    folder = stack.prepare(f"datasets/d/{name}")["run"]
    for _ in range(2):
        report_failure(stack, folder)

    # Then one email gives the reason
    run = stack.run(folder)
    assert (run.status, run.error.code if run.error else None) == ("failed", "dataset")
    assert len(stack.emails) == 1
    assert words in " ".join(stack.emails[0][1].split())
    assert f"{folder}/dataset/dataset.json" not in stack.keys(folder)


LINES: dict[str, tuple[bytes, str | None]] = {
    "cut off": (b'{"prompt": "q", "comple', "invalid_json"),
    "invalid UTF-8": (b'{"prompt": "q\xff", "completion": "a"}', "invalid_encoding"),
    "lone surrogate": (b'{"prompt": "q\\ud800", "completion": "a"}', "invalid_json"),
    "BOM in the middle": (b'\xef\xbb\xbf{"prompt": "q", "completion": "a"}', "invalid_json"),
    "NUL": (b'{"prompt": "q\x00", "completion": "a"}', "invalid_json"),
    "NaN": (b'{"prompt": NaN, "completion": "a"}', "invalid_json"),
    "1e999": (b'{"prompt": 1e999, "completion": "a"}', "invalid_json"),
    "5,000 digits": (b'{"prompt": ' + b"9" * 5_000 + b', "completion": "a"}', "invalid_json"),
    "duplicate keys": (b'{"prompt": "p", "prompt": "q", "completion": "a"}', None),
    "100k-deep nesting": (b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
    "a 17 MB line": (b'{"prompt": "' + b"x" * (17 << 20) + b'"}', "row_too_long"),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_bad_line_among_good_ones_is_the_only_rejected_row(stack: Stack, kind: str) -> None:
    # Given
    line, reason = LINES[kind]
    lines = [text.encode() for text in GOOD]
    stack.drop("datasets/d/d.jsonl", b"\n".join([*lines[:10], line, *lines[10:]]))

    # When
    folder = stack.prepare("datasets/d/d.jsonl")["run"]

    # Then
    document = dataset(stack, folder)
    assert (document.rows.source, document.rows.rejected) == (21, 0 if reason is None else 1)
    for rejected in stack.read(f"{folder}/dataset/rejected.jsonl").splitlines():
        found = json.loads(rejected)
        assert (found["row"], found["line"], found["reason"]) == (11, 11, reason)
        assert found["reason"] in REASONS


def test_lines_that_end_in_carriage_returns_are_all_read(stack: Stack) -> None:
    for name, body in (("d.csv", TABLE), ("d.jsonl", "\n".join(GOOD))):
        stack.drop(f"datasets/{name}/{name}", body.replace("\n", "\r").encode())
        folder = stack.prepare(f"datasets/{name}/{name}")["run"]
        assert dataset(stack, folder).rows.source == 20


@pytest.fixture
def stack_with_key_limit(stack: Stack) -> Iterator[Stack]:
    """A stack whose bucket refuses keys of more than 1,024 bytes, as S3 does and moto does not."""

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if len(params.get("Key", "").encode()) > 1_024:
            error = {"Code": "KeyTooLongError", "Message": "Your key is too long"}
            answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(answer, "S3")

    events = client("s3").meta.events
    events.register("before-parameter-build.s3", refuse)
    yield stack
    events.unregister("before-parameter-build.s3", refuse)


LONG = {
    "a folder": "datasets/{}/d.csv",
    "a file": "datasets/{}.csv",
}


@pytest.mark.parametrize("place", LONG)
@pytest.mark.parametrize("character", ["x", "語", "+ ", "%2F"])
@pytest.mark.parametrize("good", [True, False], ids=["good rows", "bad rows"])
def test_a_key_of_1024_bytes_is_prepared_or_refused_like_any_other(
    stack_with_key_limit: Stack, place: str, character: str, *, good: bool
) -> None:
    # Given a key of the greatest length that S3 accepts
    stack, key = stack_with_key_limit, LONG[place]
    name = character * ((1_024 - len(key.format(""))) // len(character.encode()))
    key = key.format(name)
    assert 1_020 <= len(key.encode()) <= 1_024

    # When a file is dropped there
    stack.drop(key, TABLE.encode() if good else b"\x89PNG")
    folder = stack.prepare(key)["run"]

    # Then names and keys stay within their limits, and the run ends as usual
    run = stack.run(folder)
    assert run.source.key == key
    assert len(run.dataset.encode()) <= 255
    assert len(run.name) <= 32
    assert max(len(found.encode()) for found in stack.keys("runs/")) < 600
    if good:
        assert run.rows["in"] == 20
    else:
        report_failure(stack, folder)
        assert len(stack.emails) == 1
        assert "is a PNG picture" in " ".join(stack.emails[0][1].split())


def test_two_long_names_with_the_same_beginning_are_two_datasets(
    stack_with_key_limit: Stack,
) -> None:
    # Given
    stack = stack_with_key_limit
    folders = []

    # When
    for end in "ab":
        key = f"datasets/{'x' * 800}{end}/d.csv"
        stack.drop(key, TABLE.encode())
        folders.append(stack.prepare(key)["run"])

    # Then
    assert [stack.run(folder).status for folder in folders] == ["running", "running"]


def test_a_recipe_beside_data_with_a_long_name_is_used(stack_with_key_limit: Stack) -> None:
    # Given
    stack, folder = stack_with_key_limit, f"datasets/{'x' * 900}"
    stack.drop(f"{folder}/recipe.yaml", b"rows: {max_train: 5}")
    stack.drop(f"{folder}/d.csv", TABLE.encode())

    # When
    run = stack.prepare(f"{folder}/d.csv")["run"]

    # Then
    assert stack.run(run).rows["train"] == 5

    # When
    stack.drop(f"{folder}/recipe.yaml", b"rows: {max_train: 6}")
    again = stack.prepare(f"{folder}/recipe.yaml")["run"]

    # Then
    assert stack.run(again).rows["train"] == 6


def test_a_dead_letter_of_a_long_name_ends_its_run_with_one_email(
    stack_with_key_limit: Stack,
) -> None:
    # Given
    stack, key = stack_with_key_limit, f"datasets/{'x' * 1_000}/d.csv"
    stack.drop(key, TABLE.encode())
    folder = stack.prepare(key)["run"]
    change(stack, folder, stage="prepare", begun_by="ours")

    # When
    send_dead_letter(stack, folder, request_id="ours")

    # Then
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1


def dataset(stack: Stack, folder: str) -> Dataset:
    assert stack.run(folder).error is None
    return msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
