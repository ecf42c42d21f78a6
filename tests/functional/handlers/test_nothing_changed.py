"""Everything that the application writes, asks of AWS and sends, compared with a recording.

This test accompanies the restructuring of `functions/` and is dropped when that is done. Files and
pages are recorded as digests, requests and emails as they are, so that a change shows in the diff.
`TUNEDROP_RECORD=1` writes the recording anew.
"""

import bz2
import hashlib
import json
import lzma
import os
import re
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import moto.moto_api._internal as moto_internal
import pyarrow as pa
import pytest

from tests.support.builders import files
from tests.support.builders.reports import tweets_report
from tests.support.builders.row_shapes import SHAPES, Item, text_of
from tunedrop.aws.clients import client
from tunedrop.report.page import render_page

ROOT = Path(__file__).parents[3]
FORMATS = ROOT / "examples" / "formats"
RECORDING = Path(__file__).with_name("nothing_changed.json")
IS_RECORDING = "TUNEDROP_RECORD" in os.environ
KEY = "datasets/tweets/tweets.csv"
SECRET = "AKIA" + "IOSFODNN7EXAMPLE"
# What differs between two equal runs: moments, the ETags of documents that contain them, and ids.
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "<moment>"),
    (re.compile(r"\b\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC"), "<moment>"),
    (re.compile(r'"message_id":\s*"[^"]*"'), '"message_id": ""'),
    (re.compile(r'"(expires|claimed)":\s*[\d.]+'), r'"\1": 0'),
    (re.compile(r'\\?"[0-9a-f]{32}\\?"'), '"<etag>"'),
)


def settled(content: bytes) -> bytes:
    """Return a text without what differs between two equal runs; other bytes as they are."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text.encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(settled(content)).hexdigest()[:20]


def compare(name: str, found: Any) -> None:
    """Compare with the recording, or write it."""
    recorded: dict[str, Any] = json.loads(RECORDING.read_text()) if RECORDING.exists() else {}
    if IS_RECORDING:
        recorded[name] = found
        text = json.dumps(dict(sorted(recorded.items())), indent=1, ensure_ascii=False)
        RECORDING.write_text(text + "\n")
    assert found == recorded.get(name)


@pytest.fixture(autouse=True)
def equal_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give objects the same version ids and answers the same durations in every run."""
    moto_internal.mock_random.seed(17)
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    moment = time.gmtime(1_700_000_000)  # zip archives hold the time at which they were made
    monkeypatch.setattr(time, "localtime", lambda *_: moment)
    yield
    moto_internal.mock_random.seed()


def outputs(stack: Any, folder: str) -> dict[str, str]:
    keys = stack.keys(f"{folder}/")
    return {key.removeprefix(f"{folder}/"): digest(stack.read(key)) for key in keys}


def prepared(stack: Any, name: str, content: bytes, recipe: str = "") -> dict[str, str]:
    """Drop a file and return the digests of what its preparation leaves."""
    key = f"datasets/example/{name}"
    if recipe:
        stack.drop("datasets/example/recipe.yaml", recipe.encode())
    stack.drop(key, content)
    return outputs(stack, stack.prepare(key)["run"])


@pytest.mark.parametrize("path", sorted(FORMATS.iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize("checks", ["full", "basic"])
def test_prepared_example(stack: Any, path: Path, checks: str) -> None:
    found = prepared(stack, path.name, path.read_bytes(), f"checks: {checks}")
    compare(f"example {path.name}, {checks}", found)


def rows_of(shape: str) -> list[Item]:
    """Return 60 rows of a shape: good ones, repeated ones, near duplicates and broken ones."""
    rows = SHAPES[shape]
    items: list[Item] = [rows.good(text_of(n), n) for n in range(48)]
    items += [rows.good(text_of(n), n) for n in range(4)]
    items += [rows.good(text_of(n) + " indeed", n) for n in range(4, 8)]
    items += [{**rows.good(text_of(60), 60), **rows.spoilt}]
    items += [rows.good(text_of(61) + " <|im_end|>", 61)]
    items += [rows.good(text_of(62) + f" {SECRET}", 62)]
    items += [rows.good(text_of(63) + " write to jo@example.com", 63)]
    return items


FILES: dict[str, tuple[str, Callable[[Sequence[Item]], bytes]]] = {
    "lines": ("d.jsonl", files.as_lines),
    "array": ("d.json", files.as_array),
    "objects": ("d.json", files.as_objects),
    "object": ("d.json", files.as_object),
    "splits": ("d.json", files.as_splits),
    "parquet": ("d.parquet", files.as_parquet),
    "csv": ("d.csv", files.as_table),
    "csv, indexed": ("d.csv", lambda rows: files.as_table(rows, index=True)),
    "csv, Windows": ("d.csv", lambda rows: files.as_table(rows, ";", "cp1252")),
    "csv, UTF-16": (
        "d.csv",
        lambda rows: b"\xff\xfe" + files.as_table(rows, ",", "utf-16-le"),
    ),
    "tsv": ("d.tsv", lambda rows: files.as_table(rows, "\t")),
    "no header": ("d.csv", files.as_headless),
    "workbook": ("d.xlsx", files.as_workbook),
    "zip": ("d.zip", files.as_zip),
    "zipped splits": ("d.zip", files.as_zipped_splits),
    "gzip": ("d.csv.gz", lambda rows: zlib.compress(files.as_table(rows), level=9, wbits=31)),
    "bzip2": ("d.csv.bz2", lambda rows: bz2.compress(files.as_table(rows))),
    "xz": ("d.csv.xz", lambda rows: lzma.compress(files.as_table(rows))),
    "zstd": (
        "d.csv.zst",
        lambda rows: bytes(pa.compress(files.as_table(rows), codec="zstd", asbytes=True)),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("checks", ["full", "basic"])
def test_prepared_shape(stack: Any, shape: str, checks: str) -> None:
    recipe = json.dumps({"checks": checks, **SHAPES[shape].recipe})
    found = prepared(stack, "d.jsonl", files.as_lines(rows_of(shape)), recipe)
    compare(f"shape {shape}, {checks}", found)


@pytest.mark.parametrize("form", FILES)
def test_prepared_format(stack: Any, form: str) -> None:
    name, write = FILES[form]
    found = prepared(stack, name, write(rows_of("text and label")))
    compare(f"format {form}", found)


@pytest.mark.parametrize(
    "recipe",
    [
        "secrets: mask\npii: mask",
        "pii: reject",
        "split: {leakage: keep, test: 0.2}",
        "split: {group_by: label}\ntask: generation",
        "rows: {max_train: 10, max_test: 3}",
        "task: generation",
        "system: You are brief.",
    ],
)
def test_prepared_recipe(stack: Any, recipe: str) -> None:
    content = files.as_zipped_splits(rows_of("text and label"))
    compare(f"recipe {recipe}", prepared(stack, "d.zip", content, recipe))


def test_prepared_in_several_processes(stack: Any) -> None:
    from tests.support.pipeline.preparation import prepare  # noqa: PLC0415 - only here

    _, sink = prepare(files.as_lines(rows_of("OpenAI messages")), "d.jsonl", processes=2)
    compare("two processes", {name: digest(text) for name, text in sorted(sink.files.items())})
    del stack


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "removed"])
def test_report_page(*, kept: bool) -> None:
    compare(f"report page, {kept}", digest(render_page(tweets_report(kept=kept)).encode()))


def a_run(stack: Any, tweets: bytes) -> str:
    """Bring a run from the dropped file to the email; returns its folder."""
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    stack.drop(KEY, tweets)
    folder: str = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    summary = b'{"train_tokens": 4321, "steps": 9}'
    stack.drop(f"{folder}/model/x/training_summary.json", summary)
    bucket = stack.run(folder).source.bucket
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://{bucket}/{folder}/model/x/")
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    stack.call("sweep", stack.event("schedule"))
    return folder


def as_recorded(value: Any) -> Any:
    """Return a request's parameters as JSON, documents by their digest."""
    if isinstance(value, bytes):
        return digest(value)
    if isinstance(value, dict):
        return {key: as_recorded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_recorded(each) for each in value]
    return settled(str(value).encode()).decode() if isinstance(value, str) else repr(value)


@pytest.mark.usefixtures("base_model")
def test_requests_and_documents_of_a_run(
    stack: Any, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        asked.append([model.name, as_recorded(dict(params))])

    for service in ("s3", "sns"):
        client(service).meta.events.register("provide-client-params", note)
    chats: list[Any] = []
    chat = stack.inference.chat

    def noted(endpoint: str, payload: Any) -> Any:
        chats.append(json.dumps([endpoint, payload], sort_keys=True))
        return chat(endpoint, payload)

    monkeypatch.setattr(stack, "inference", SimpleNamespace(chat=noted))

    folder = a_run(stack, tweets)

    for name, parameters in asked:
        # The page tells how long the stages took; test_report_page compares a page of fixed times.
        is_timed = name == "PutObject" and parameters["Key"].endswith("report.html")
        if is_timed or parameters.get("Body", "").startswith("<"):
            parameters["Body"] = "<file>"
    compare("requests of a run", asked)
    compare("SageMaker requests of a run", [list(each) for each in stack.sagemaker.requests])
    compare("chats of a run", digest("\n".join(sorted(chats)).encode()))
    documents = outputs(stack, folder)
    del documents["report/report.html"]
    compare("documents of a run", documents)
    compare("email of a run", mails(stack))


def mails(stack: Any) -> list[Any]:
    return [
        [settled(subject.encode()).decode(), settled(body.encode()).decode().split("\n")]
        for subject, body in stack.emails
    ]


FAILURES: dict[str, tuple[bytes, bytes]] = {
    "empty": (b"", b""),
    "picture": (b"", b"\x89PNG\r\n\x1a\n\x00\x00"),
    "header alone": (b"", b"text,label\n"),
    "bad rows": (b"", b'{"messages": [}\n' * 30 + b'{"messages": []}\n' * 40),
    "unknown key": (b"task: classification\nspilt: {test: 0.2}\n", b"text,label\na,b\n"),
    "not built": (b"method: qlora\n", b"text,label\na,b\n"),
    "out of range": (b"hyperparameters: {lora_rank: 1000}\n", b"text,label\na,b\n"),
    "duplicate key": (b"task: auto\ntask: auto\n", b"text,label\na,b\n"),
    "no yaml": (b"task: [", b"text,label\na,b\n"),
    "unknown columns": (b"columns: {text: body}\n", b"text,label\na,b\n"),
    "preference": (b"", files.as_lines(rows_of("preference pairs"))),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_email_of_a_failed_preparation(stack: Any, failure: str) -> None:
    recipe, content = FAILURES[failure]
    if recipe:
        stack.drop("datasets/tweets/recipe.yaml", recipe)
    stack.drop(KEY, content)
    folder = stack.prepare(KEY)["run"]
    stack.call("report_failure", stack.event("s3_run_failed", key=f"{folder}/failure/1.json"))
    compare(f"email, {failure}", mails(stack))
    compare(f"failure, {failure}", outputs(stack, folder))


def test_email_of_a_run_without_base_model(stack: Any, tweets: bytes) -> None:
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    stack.call("report_failure", stack.event("s3_run_failed", key=f"{folder}/failure/1.json"))
    compare("email, no base model", mails(stack))


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize("kind", ["job", "endpoint", "letter", "budget", "processing"])
def test_email_of_a_failure_elsewhere(stack: Any, tweets: bytes, kind: str) -> None:
    recipe = b"budget_usd: 0.001" if kind == "budget" else b"deploy: {keep: never}"
    stack.drop("datasets/tweets/recipe.yaml", recipe)
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    if kind == "job":
        stack.sagemaker.set_job(name, "Failed", failure_reason="AlgorithmError: out of memory")
        stack.call("report_failure", stack.event("training_job_failed", job=name))
    if kind in ("endpoint", "letter"):
        stack.sagemaker.set_job(name, "Completed", artifact=f"s3://b/{folder}/model/x/")
        stack.call("deploy", stack.event("training_job_completed", job=name))
    if kind == "endpoint":
        stack.sagemaker.set_endpoint(name, "Failed", "The container did not answer /ping.")
        stack.call("report_failure", stack.event("endpoint_failed", endpoint=name))
    if kind == "letter":
        letter = json.loads((ROOT / "events" / "sqs_dead_letter.json").read_text())
        body = json.loads(letter["Records"][0]["body"])
        body["requestPayload"] = stack.event("endpoint_in_service", endpoint=name)
        letter["Records"][0]["body"] = json.dumps(body)
        stack.call("report_failure", letter)
    if kind in ("budget", "processing"):
        stack.call("report_failure", stack.event("s3_run_failed", key=f"{folder}/failure/1.json"))
    compare(f"email, {kind}", mails(stack))


def test_request_of_a_large_drop(
    stack: Any, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "0")
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    name = stack.run(folder).name
    compare("processing request", [list(each) for each in stack.sagemaker.requests])
    stack.sagemaker.set_processing_job(name, "Failed", exit_message="MemoryError: none left")
    event = stack.event("processing_job_failed", processing_job=name)
    stack.call("report_failure", event)
    compare("email, processing job", mails(stack))
