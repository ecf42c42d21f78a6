"""The newest upload is current, the same content joins its run, and a superseded run is stopped."""

from datetime import UTC, datetime, timedelta

import moto
import pytest

from tests.support.pipeline.drives import KEY, deployed
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.aws.bucket import Bucket
from tunedrop.runs.pointer import Pointer, read_pointer


def pointer(stack: Stack) -> Pointer:
    found, _ = read_pointer(Bucket(stack.s3, BUCKET), "tweets")
    assert found
    return found


@pytest.mark.usefixtures("base_model")
def test_a_newer_file_stops_the_job_of_the_older_run_without_an_email(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    stack.drop(KEY, tweets)
    old = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{old}/dataset/dataset.json"))
    stack.drop(KEY, tweets + b"\none more good thing,positive")

    # When
    new = stack.prepare(KEY)["run"]

    # Then
    assert stack.run(old).status == "superseded"
    assert stack.sagemaker.stopped == [stack.run(old).name]
    assert pointer(stack).run == stack.run(new).run
    assert pointer(stack).generation == 2
    assert stack.emails == []


@pytest.mark.usefixtures("base_model")
def test_prepare_leaves_the_older_runs_endpoint_to_report_failure(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    old, name = deployed(stack, tweets)
    stack.drop(KEY, tweets + b"\none more good thing,positive")

    # When
    new = stack.prepare(KEY)["run"]
    before = list(stack.sagemaker.endpoints)
    (asked,) = stack.keys(f"{old}/release/")
    stack.call("report_failure", stack.event("s3_run_failed", key=asked))

    # Then
    assert before == [name]
    assert stack.sagemaker.endpoints == {}
    assert stack.keys("runs/_active/") == [f"runs/_active/{stack.run(new).run}"]
    assert stack.emails == []


def test_an_upload_in_parts_counts_from_its_end(stack: Stack, tweets: bytes) -> None:
    # Given: an upload in parts that began before a file that was dropped meanwhile
    long = "datasets/tweets/long.csv"
    stack.drop(long, tweets)
    s3 = moto.backends.get_backend("s3")[moto.core.DEFAULT_ACCOUNT_ID]["aws"]
    began = datetime.now(UTC) - timedelta(hours=2)
    s3.buckets[BUCKET].keys[long].last_modified = began.replace(tzinfo=None)
    stack.drop(KEY, tweets + b"\none more good thing,positive")
    stack.prepare(KEY)
    event = stack.event("s3_dataset_dropped", key=long)
    ended = datetime.now(UTC) + timedelta(seconds=2)
    event["time"] = f"{ended:%Y-%m-%dT%H:%M:%SZ}"
    event["detail"]["reason"] = "CompleteMultipartUpload"
    event["detail"]["object"]["etag"] = stack.s3.head_object(Bucket=BUCKET, Key=long)["ETag"].strip(
        '"'
    )

    # When
    folder = stack.call("prepare", event)["run"]
    again = stack.call("prepare", event)

    # Then
    assert pointer(stack).run == stack.run(folder).run
    assert stack.run(folder).source.modified == ended.isoformat(timespec="seconds")
    assert again["outcome"] == "nothing to do"


def test_a_recipe_beside_an_upload_in_parts_starts_a_new_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    event = stack.event("s3_dataset_dropped", key=KEY)
    event["time"] = f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    event["detail"]["reason"] = "CompleteMultipartUpload"
    event["detail"]["object"]["etag"] = stack.s3.head_object(Bucket=BUCKET, Key=KEY)["ETag"].strip(
        '"'
    )
    first = stack.call("prepare", event)["run"]
    stack.drop("datasets/tweets/recipe.yaml", b"rows: {max_train: 20}")

    # When
    second = stack.prepare("datasets/tweets/recipe.yaml")["run"]

    # Then
    assert stack.run(first).status == "superseded"
    assert stack.run(second).status == "running"


def test_dropping_an_earlier_content_again_makes_it_current(stack: Stack, tweets: bytes) -> None:
    # Given
    other = tweets.replace(b"thing", b"day")
    folders = []

    # When
    for body in (tweets, other, tweets):
        stack.drop(KEY, body)
        folders.append(stack.prepare(KEY)["run"])

    # Then
    assert [stack.run(folder).status for folder in folders] == [
        "superseded",
        "superseded",
        "running",
    ]
    assert pointer(stack).run == stack.run(folders[2]).run


def test_dropping_the_same_content_again_joins_the_live_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    first = stack.prepare(KEY)
    stack.drop(KEY, tweets)

    # When
    second = stack.prepare(KEY)

    # Then
    assert second == {"outcome": "joined", "run": first["run"]}


def test_a_requested_rerun_starts_a_new_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    first = stack.prepare(KEY)["run"]
    stack.drop(KEY, tweets, Metadata={"tunedrop-rerun": "true"})

    # When
    second = stack.prepare(KEY)["run"]

    # Then
    assert first != second
    assert stack.run(first).status == "superseded"


def test_a_changed_recipe_starts_a_new_run_of_the_same_content(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    first = stack.prepare(KEY)["run"]
    stack.drop("datasets/tweets/recipe.yaml", b"hyperparameters: {epochs: 1}")
    stack.drop(KEY, tweets)

    # When
    answer = stack.prepare(KEY)

    # Then
    assert answer["run"] != first


def test_dropping_the_file_of_a_failed_run_again_starts_a_new_run(stack: Stack) -> None:
    # Given
    stack.drop(KEY, b"\x89PNG\r\n\x1a\n not a table")
    first = stack.prepare(KEY)["run"]
    assert stack.run(first).status == "failed"

    # When
    stack.drop(KEY, b"\x89PNG\r\n\x1a\n not a table")
    second = stack.prepare(KEY)["run"]

    # Then
    assert second != first


def test_a_repeated_event_of_a_failed_run_starts_nothing(stack: Stack) -> None:
    # Given
    stack.drop(KEY, b"\x89PNG\r\n\x1a\n not a table")
    folder = stack.prepare(KEY)["run"]

    # When
    answer = stack.prepare(KEY, "request-2")

    # Then
    assert answer["outcome"] == "nothing to do"
    assert stack.run(folder).attempt == 1


def test_a_late_event_of_an_older_upload_is_ignored(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/old.csv", tweets)
    s3 = moto.backends.get_backend("s3")[moto.core.DEFAULT_ACCOUNT_ID]["aws"]
    key = s3.buckets[BUCKET].keys["datasets/tweets/old.csv"]
    key.last_modified = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=5)
    stack.drop(KEY, tweets + b"\none more good thing,positive")
    new = stack.prepare(KEY)["run"]

    # When
    answer = stack.prepare("datasets/tweets/old.csv")

    # Then
    assert answer["outcome"] == "ignored: an older upload"
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
def test_uploads_that_are_no_data_are_ignored(stack: Stack, key: str) -> None:
    # Given
    stack.drop(key, b"text,label\na,b")

    # When
    answer = stack.prepare(key)

    # Then
    assert answer["outcome"].startswith("ignored")
    assert stack.keys("runs/") == []


@pytest.mark.parametrize("name", ["with space", "a+b", "50%2F50", "größe", "x" * 200])
def test_an_unusual_dataset_name_gives_a_valid_job_name(
    stack: Stack, tweets: bytes, name: str
) -> None:
    # Given
    key = f"datasets/{name}/{name}.csv"
    stack.drop(key, tweets)

    # When
    run = stack.run(stack.prepare(key)["run"])

    # Then
    assert run.status == "running", run.error
    assert run.dataset == name
    assert len(run.name) <= 32
