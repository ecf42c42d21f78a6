"""Following an upload: which run belongs to it, and when a stage of the run is reached."""

from dataclasses import replace
from typing import Any

import pytest

from localcloud.cli import follow
from localcloud.cli.drop import Drop
from localcloud.cli.follow import Follower
from localcloud.service import LocalCloudError
from tests.unit.localcloud.cli.fakes import RUN, Log

DROP = Drop(
    dataset="tweets",
    key="datasets/tweets/t.csv",
    version_id="v2",
    etag="abc",
    size=3,
    rerun=False,
    run_before="0123456789ab",
)


class Documents:
    """A bucket whose run.json changes each time it is read."""

    bucket = "data"

    def __init__(self, pointer: dict[str, Any] | None, runs: list[dict[str, Any]]) -> None:
        self.pointer = pointer
        self.runs = runs

    def current(self, _dataset: str) -> dict[str, Any] | None:
        return self.pointer

    def run(self, _dataset: str, _run: str) -> dict[str, Any]:
        return self.runs.pop(0) if len(self.runs) > 1 else self.runs[0]

    def email(self, _run: dict[str, Any]) -> dict[str, Any] | None:
        return {"message_id": "m-1"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0)


def source(version: str, etag: str = "abc") -> dict[str, Any]:
    return {"run": RUN["run"], "source": {"version_id": version, "etag": etag, "size": 3}}


def follower(documents: Documents, *, idle: float = 0.0) -> tuple[Follower, list[str]]:
    said: list[str] = []
    return Follower(documents, Log(), lambda: idle, said.append), said  # type: ignore[arg-type]


def test_an_upload_that_the_pointer_names_is_a_new_run() -> None:
    # Given
    ended = RUN | {"status": "succeeded", "stage": "evaluate"}
    following, _ = follower(Documents(source("v2"), [RUN | {"status": "running"}, ended]))

    # When
    found = following.follow(DROP, "evaluated")

    # Then
    assert (found.joined, found.reached, found.run) == (False, True, ended)


def test_an_upload_of_known_content_joins_its_run() -> None:
    # Given
    documents = Documents(source("v1"), [RUN | {"status": "succeeded", "stage": "evaluate"}])
    following, said = follower(documents, idle=10)

    # When
    found = following.follow(DROP, "evaluated")

    # Then
    assert found.joined
    assert said[0] == f"this content already has a run: {RUN['run']}"


def test_a_new_run_of_an_older_version_is_not_joined() -> None:
    """A new recipe starts a run of the stored version; then the same data is uploaded again."""
    # Given
    documents = Documents(source("v1"), [RUN | {"status": "succeeded", "stage": "evaluate"}])
    following, _ = follower(documents)

    # When
    found = following.follow(replace(DROP, run_before="another"), "evaluated")

    # Then
    assert not found.joined


def test_a_rerun_never_joins_the_old_run_of_its_content() -> None:
    # Given
    documents = Documents(source("v1"), [RUN | {"status": "succeeded", "stage": "evaluate"}])
    following, _ = follower(documents, idle=10)

    # Then
    with pytest.raises(LocalCloudError, match="no run was started"):
        following.follow(replace(DROP, rerun=True), "evaluated")


@pytest.mark.parametrize("pointer", [None, source("v1", etag="other")])
def test_an_upload_without_a_run_is_an_error(pointer: dict[str, Any] | None) -> None:
    # Given
    following, _ = follower(Documents(pointer, [RUN]), idle=10)

    # Then
    with pytest.raises(LocalCloudError, match="no run was started for s3://data/datasets/tweets"):
        following.follow(DROP, "evaluated")


@pytest.mark.parametrize(
    ("until", "run", "reached"),
    [
        ("prepared", {"status": "running", "stage": "train"}, True),
        ("trained", {"status": "running", "stages": {"train": {"ended": "now"}}}, True),
        ("trained", {"status": "failed", "stage": "train"}, False),
        ("deployed", {"status": "superseded", "stage": "train"}, False),
        ("deployed", {"status": "failed", "stage": "evaluate"}, True),
        ("evaluated", {"status": "failed", "stage": "evaluate"}, False),
        ("prepared", {"status": "succeeded", "stage": "evaluate"}, True),
    ],
)
def test_a_stage_is_reached_when_the_run_has_completed_it(
    until: str, run: dict[str, Any], *, reached: bool
) -> None:
    # Given
    following, _ = follower(Documents(source("v2"), [RUN | run]))

    # When
    found = following.follow(DROP, until)

    # Then
    assert found.reached is reached
