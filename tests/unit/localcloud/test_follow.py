"""Following a run: which run an upload means, when a stage is reached, what is said on the way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from localcloud.cli import follow
from localcloud.cli.drop import Drop
from localcloud.cli.follow import Follower
from localcloud.cli.progress import ProgressLines
from localcloud.service import LocalCloudError

RUN = {"run": "0123456789ab", "dataset": "tweets", "attempt": 1, "stage": "prepare"}
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
    """A bucket whose run.json changes with every look."""

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


class Log:
    """A training log with three lines."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = [
            {"step": 10, "steps": 80, "loss": 1.23456, "tokens_per_second": 380.4},
            {"step": 20, "steps": 80, "eval_loss": 0.8},
            {"step": 80, "steps": 80, "loss": 0.5},
        ]

    def new_steps(self, _job: str) -> Iterator[dict[str, Any]]:
        steps, self.steps = self.steps, []
        return iter(steps)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0)


def source(version: str, etag: str = "abc") -> dict[str, Any]:
    return {"run": RUN["run"], "source": {"version_id": version, "etag": etag, "size": 3}}


def follower(documents: Documents, *, idle: float = 0.0) -> tuple[Follower, list[str]]:
    said: list[str] = []
    return Follower(documents, Log(), lambda: idle, said.append), said  # type: ignore[arg-type]


def test_given_a_pointer_to_this_upload_when_followed_then_it_is_a_new_run() -> None:
    ended = RUN | {"status": "succeeded", "stage": "evaluate"}
    following, _ = follower(Documents(source("v2"), [RUN | {"status": "running"}, ended]))

    found = following.follow(DROP, "evaluated")

    assert (found.joined, found.reached, found.run) == (False, True, ended)


def test_given_an_older_upload_of_the_same_content_when_all_is_settled_then_it_is_joined() -> None:
    documents = Documents(source("v1"), [RUN | {"status": "succeeded", "stage": "evaluate"}])
    following, said = follower(documents, idle=10)

    assert following.follow(DROP, "evaluated").joined
    assert said[0] == f"this content already has a run: {RUN['run']}"


def test_given_a_new_run_of_an_older_version_when_followed_then_it_is_not_joined() -> None:
    """A changed recipe alone starts a run of the data that is there; the same data follows."""
    documents = Documents(source("v1"), [RUN | {"status": "succeeded", "stage": "evaluate"}])
    following, _ = follower(documents)

    assert not following.follow(replace(DROP, run_before="another"), "evaluated").joined


def test_given_a_rerun_when_the_old_run_has_the_same_content_then_it_is_never_taken_for_it() -> (
    None
):
    documents = Documents(source("v1"), [RUN | {"status": "succeeded", "stage": "evaluate"}])
    following, _ = follower(documents, idle=10)

    with pytest.raises(LocalCloudError, match="no run was started"):
        following.follow(replace(DROP, rerun=True), "evaluated")


@pytest.mark.parametrize("pointer", [None, source("v1", etag="other")])
def test_given_no_run_for_the_upload_when_all_is_settled_then_one_error_says_where_to_look(
    pointer: dict[str, Any] | None,
) -> None:
    following, _ = follower(Documents(pointer, [RUN]), idle=10)

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
def test_given_where_a_run_stands_when_followed_then_the_stage_is_reached_or_not(
    until: str, run: dict[str, Any], *, reached: bool
) -> None:
    following, _ = follower(Documents(source("v2"), [RUN | run]))

    assert following.follow(DROP, until).reached is reached


def test_given_a_run_that_moves_when_looked_at_then_each_change_is_said_once() -> None:
    said: list[str] = []
    lines = ProgressLines(said.append, Log(), "evaluate", clock=lambda: 0.0)  # type: ignore[arg-type]
    training = RUN | {
        "status": "running",
        "stage": "train",
        "job": "tweets-1",
        "rows": {"in": 100, "train": 80, "test": 20, "not_sampled": 0},
    }
    asking = training | {
        "stage": "evaluate",
        "progress": {"done": 40, "total": 200, "unit": "answers"},
    }
    for run in (training, training, asking, asking, asking | {"status": "failed"}):
        lines.update(run)

    assert [line.split("s  ", 1)[1] for line in said] == [
        "prepare   rows: 100 in, 80 train, 20 test, 0 not sampled",
        "train     begins: starting the training job: PyTorch, the base model, the first step",
        "train     step 10/80: loss 1.2346, 380 tokens/s",
        "train     step 20/80: validation loss 0.8000",
        "train     step 80/80: loss 0.5000",
        "train     last step done: validating, saving and uploading the adapter",
        "evaluate  begins: asking both models every test row",
        "evaluate  40 of 200 answers; left: about 0 s of the run",
        "evaluate  the run has failed",
    ]


def test_given_a_run_prepared_in_a_job_when_looked_at_then_the_reason_is_said_once() -> None:
    said: list[str] = []
    lines = ProgressLines(said.append, Log(), "evaluate", clock=lambda: 0.0)  # type: ignore[arg-type]
    processing = {"job": "tweets-1", "instance": "ml.m5.xlarge", "reason": "too many rows"}
    for _ in range(2):
        lines.update(RUN | {"status": "running", "processing": processing})

    told = [line for line in said if "processing" in line]
    assert len(told) == 1
    assert told[0].endswith("in a processing job: too many rows")


def test_given_a_look_at_the_data_when_it_is_prepared_then_no_training_is_announced() -> None:
    said: list[str] = []
    lines = ProgressLines(said.append, Log(), "prepare")  # type: ignore[arg-type]
    lines.update(RUN | {"status": "running"})
    lines.update(RUN | {"status": "running", "stage": "train", "rows": {"in": 3}})

    assert [line.split()[2] for line in said] == ["prepare", "prepare"]
