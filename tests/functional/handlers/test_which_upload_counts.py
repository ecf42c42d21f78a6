"""The newest upload counts, the same content joins, everything superseded is stopped."""

from datetime import UTC, datetime, timedelta

import moto
import pytest

from tests.support.pipeline.stack import Stack
from tunedrop.aws.bucket import Bucket
from tunedrop.runs.pointer import Pointer, read_pointer

KEY = "datasets/tweets/tweets.csv"


def pointer(stack: Stack) -> Pointer:
    found, _ = read_pointer(Bucket(stack.s3, "tunedrop-databucket-1a2b3c4d5e6f"), "tweets")
    assert found
    return found


@pytest.mark.usefixtures("base_model")
def test_given_a_running_run_when_a_newer_file_is_dropped_then_its_job_is_stopped_silently(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    old = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{old}/dataset/dataset.json"))
    stack.drop(KEY, tweets + b"\none more good thing,positive")
    new = stack.prepare(KEY)["run"]

    assert stack.run(old).status == "superseded"
    assert stack.sagemaker.stopped == [stack.run(old).name]
    assert pointer(stack).run == stack.run(new).run
    assert pointer(stack).generation == 2
    assert stack.emails == []


def test_given_a_then_b_then_a_again_when_all_are_dropped_then_a_counts(
    stack: Stack, tweets: bytes
) -> None:
    other = tweets.replace(b"thing", b"day")
    folders = []
    for body in (tweets, other, tweets):
        stack.drop(KEY, body)
        folders.append(stack.prepare(KEY)["run"])

    assert [stack.run(folder).status for folder in folders] == [
        "superseded",
        "superseded",
        "running",
    ]
    assert pointer(stack).run == stack.run(folders[2]).run


def test_given_a_live_run_when_the_same_content_is_dropped_again_then_it_joins(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    first = stack.prepare(KEY)
    stack.drop(KEY, tweets)
    second = stack.prepare(KEY)

    assert second == {"outcome": "joined", "run": first["run"]}


def test_given_a_live_run_when_a_rerun_is_asked_for_then_a_new_one_starts(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    first = stack.prepare(KEY)["run"]
    stack.drop(KEY, tweets, Metadata={"tunedrop-rerun": "true"})
    second = stack.prepare(KEY)["run"]

    assert first != second
    assert stack.run(first).status == "superseded"


def test_given_a_changed_recipe_when_the_same_content_is_dropped_then_a_new_run_starts(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    first = stack.prepare(KEY)["run"]
    stack.drop("datasets/tweets/recipe.yaml", b"hyperparameters: {epochs: 1}")
    stack.drop(KEY, tweets)

    assert stack.prepare(KEY)["run"] != first


def test_given_a_failed_run_when_the_file_is_dropped_again_then_it_is_tried_again(
    stack: Stack,
) -> None:
    stack.drop(KEY, b"\x89PNG\r\n\x1a\n not a table")
    first = stack.prepare(KEY)["run"]
    assert stack.run(first).status == "failed"
    stack.drop(KEY, b"\x89PNG\r\n\x1a\n not a table")
    second = stack.prepare(KEY)["run"]

    assert second != first


def test_given_a_failed_run_when_its_own_event_comes_again_then_nothing_starts(
    stack: Stack,
) -> None:
    stack.drop(KEY, b"\x89PNG\r\n\x1a\n not a table")
    folder = stack.prepare(KEY)["run"]

    assert stack.prepare(KEY, "request-2")["outcome"] == "nothing to do"
    assert stack.run(folder).attempt == 1


def test_given_a_newer_file_of_another_name_when_the_old_event_comes_late_then_it_is_ignored(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/old.csv", tweets)
    s3 = moto.backends.get_backend("s3")[moto.core.DEFAULT_ACCOUNT_ID]["aws"]
    key = s3.buckets["tunedrop-databucket-1a2b3c4d5e6f"].keys["datasets/tweets/old.csv"]
    key.last_modified = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=5)
    stack.drop(KEY, tweets + b"\none more good thing,positive")
    new = stack.prepare(KEY)["run"]

    assert stack.prepare("datasets/tweets/old.csv")["outcome"] == "ignored: an older upload"
    assert stack.run(new).status == "running"


@pytest.mark.parametrize(
    "key",
    [
        "datasets/tweets/recipe.yaml",
        "datasets/tweets/",
        "datasets/tweets/.DS_Store",
        "datasets/_archive/tweets.csv",
    ],
)
def test_given_what_is_no_data_when_it_is_dropped_then_it_is_ignored(
    stack: Stack, key: str
) -> None:
    stack.drop(key, b"text,label\na,b")

    assert stack.prepare(key)["outcome"].startswith("ignored")
    assert stack.keys("runs/") == []


@pytest.mark.parametrize("name", ["with space", "a+b", "50%2F50", "größe", "x" * 200])
def test_given_an_unusual_dataset_name_when_it_is_dropped_then_its_run_has_a_lawful_job_name(
    stack: Stack, tweets: bytes, name: str
) -> None:
    key = f"datasets/{name}/{name}.csv"
    stack.drop(key, tweets)
    run = stack.run(stack.prepare(key)["run"])

    assert run.status == "running", run.error
    assert run.dataset == name
    assert len(run.name) <= 32
