"""Documents that an earlier version wrote are read, and its runs go on, after an update.

documents/ has a bucket as the handlers of each version left it, by the date of the version: one
run that waits for its endpoint, one that succeeded, one that failed and, since 2026-11-28, one that
asks. These files are never changed. A version that changes a document adds a folder of its
own. Their dates were moved back by a year, so that they are in the past on every machine.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.answers import AnswerPart
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.index import IndexEntry
from tunedrop.documents.question import Question
from tunedrop.documents.report import Report
from tunedrop.documents.rows import Rejected, Row
from tunedrop.documents.run import Failure, Run
from tunedrop.jobs.base_model import Manifest
from tunedrop.lifecycle.announcement import Announcement
from tunedrop.lifecycle.bills import Bill
from tunedrop.lifecycle.reporting import TrainingSummary
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.pointer import Pointer
from tunedrop.runs.repository import Marker

FOLDER = Path(__file__).parent / "documents"
VERSIONS = sorted(path.name for path in FOLDER.iterdir())
KINDS: dict[str, Any] = {
    r"runs/\w+/current\.json": Pointer,
    r"runs/_active/\w+": Marker,
    r"runs/_bills/.*\.json": Bill,
    r".*/run\.json": Run,
    r".*/recipe\.json": Recipe,
    r".*/dataset/dataset\.json": Dataset,
    r".*/dataset/(train|validation|test)\.jsonl": Row,
    r".*/dataset/rejected\.jsonl": Rejected,
    r".*/training_summary\.json": TrainingSummary,
    r".*/report/report\.json": Report,
    r".*/failure/\d+\.json": Failure,
    r".*/email/\d+(-question)?\.json": Announcement,
    r"runs/_unstarted/\w+\.json": Announcement,
    r"runs/_index/\w+\.json": IndexEntry,
    r".*/answers/\d+/\d+\.json": AnswerPart,
    r".*/dataset/question\.json": Question,
    r"models/.*/manifest\.json": Manifest,
}
# training.json is read whole only by the training image of the release that wrote it; that the
# functions can read its hyperparameters is seen when the run goes on. Of the others nothing but
# their arrival matters.
NOT_READ = re.compile(r".*/(config/training|notice/\d+|release/\d+|answers/\d+/continue)\.json")
# Fields that a later version removed, because it decides without them.
REMOVED = frozenset({"p_adjusted"})


def objects(version: str) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and bodies of the bucket."""
    root = FOLDER / version
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        yield path.relative_to(root).as_posix(), path.read_bytes()


def documents(version: str) -> Iterator[tuple[str, bytes, Any]]:
    """Yield key, text and type of every document; rows are documents of their own."""
    for key, body in objects(version):
        if NOT_READ.fullmatch(key):
            continue
        (kind,) = [kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, key)]
        for text in body.splitlines() if key.endswith(".jsonl") else [body]:
            yield key, text, kind


def lost(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Yield the places of an old document whose value the new reading does not have."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if name in REMOVED:
                continue
            yield from lost(value, new.get(name), f"{place}/{name}")
    elif isinstance(old, list) and isinstance(new, list | tuple) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from lost(one, other, f"{place}/{number}")
    elif old != new:
        yield place


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_of_an_earlier_version_is_read_whole(version: str) -> None:
    # When
    missing = {}
    for key, text, kind in documents(version):
        read = msgspec.to_builtins(msgspec.json.decode(text, type=kind))
        missing[key] = list(lost(msgspec.json.decode(text), read))

    # Then
    assert {key: places for key, places in missing.items() if places} == {}


def test_the_newest_version_has_a_document_of_every_kind() -> None:
    assert {kind for _, _, kind in documents(VERSIONS[-1])} == set(KINDS.values())


def restored(stack: Stack, version: str) -> dict[str, str]:
    """Put the objects of a version into the bucket; return the folders of runs by their status."""
    folders: dict[str, str] = {}
    for key, body in objects(version):
        stack.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        if key.endswith("/run.json"):
            folder = key.removesuffix("/run.json")
            folders[stack.run(folder).status] = folder
    return folders


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_of_an_earlier_version_goes_on_to_its_email(version: str, stack: Stack) -> None:
    # Given
    folder = restored(stack, version)["running"]
    name = stack.run(folder).name
    stack.sagemaker.set_job(name, "Completed", artifact=stack.run(folder).links["artifact"])
    stack.sagemaker.set_endpoint(name, "InService")

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    run = stack.run(folder)
    assert (run.status, run.verdict) == ("succeeded", "too_small_to_tell")
    assert len(stack.emails) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_a_drop_beside_an_earlier_versions_data_starts_the_next_run(
    version: str, stack: Stack, tweets: bytes
) -> None:
    # Given
    failed = restored(stack, version)["failed"]
    dataset = stack.run(failed).dataset

    # When
    key = f"datasets/{dataset}/new.csv"
    stack.drop(key, tweets)
    folder = stack.prepare(key)["run"]

    # Then
    assert stack.run(folder).status == "running"
    assert stack.run(folder).generation == stack.run(failed).generation + 1
