"""`cancel` beside the data ends the dataset's run: its job, its endpoint, and one email."""

from datetime import UTC, datetime, timedelta

import moto
import pytest

from tests.support.builders.doubtful_files import passengers
from tests.support.pipeline.drives import KEY, deployed, report_failure, sweep, trained
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.lifecycle import lost_drops

CANCEL = "datasets/tweets/cancel"


def dropped_minutes_ago(minutes: int, key: str) -> None:
    """Change when S3 says that the object was dropped."""
    s3 = moto.backends.get_backend("s3")[moto.core.DEFAULT_ACCOUNT_ID]["aws"]
    moment = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=minutes)
    s3.buckets[BUCKET].keys[key].last_modified = moment


def cancel(stack: Stack) -> str:
    """Drop `cancel` and call prepare as S3 does; return the outcome."""
    stack.drop(CANCEL, b"")
    outcome: str = stack.prepare(CANCEL)["outcome"]
    return outcome


@pytest.mark.usefixtures("base_model")
def test_cancel_stops_the_job_and_sends_one_email(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # When
    assert cancel(stack) == "cancelled"
    report_failure(stack, folder)

    # Then
    assert stack.sagemaker.stopped == [stack.run(folder).name]
    ((subject, body),) = stack.emails
    assert subject.startswith("tweets: cancelled in train: The run was cancelled")
    assert "The run for tweets.csv was cancelled in the training." in body
    assert stack.keys("runs/_active/") == []


@pytest.mark.usefixtures("base_model")
def test_cancel_deletes_the_endpoint_of_a_running_run(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, _ = deployed(stack, tweets)

    # When
    assert cancel(stack) == "cancelled"
    report_failure(stack, folder)

    # Then
    assert stack.sagemaker.endpoints == {}
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_cancel_deletes_the_kept_endpoint_of_an_ended_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    folder, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    assert stack.sagemaker.endpoints

    # When
    assert cancel(stack) == "cancelled: the endpoint expires"
    (asked,) = stack.keys(f"{folder}/release/")
    stack.call("report_failure", stack.event("s3_run_failed", key=asked))

    # Then
    assert stack.sagemaker.endpoints == {}
    assert stack.run(folder).status == "succeeded"
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_cancel_whose_second_event_is_lost_is_completed_by_sweep(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    _, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    cancel(stack)

    # When
    sweep(stack)

    # Then
    assert stack.sagemaker.endpoints == {}


def test_cancel_whose_event_comes_before_the_datas_cancels_too(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    assert cancel(stack) == "nothing to cancel: the dataset has no run"

    # When
    folder = stack.prepare(KEY)["run"]

    # Then
    error = stack.run(folder).error
    assert error
    assert error.code == "cancelled"


def test_data_dropped_after_cancel_starts_a_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    cancelled = stack.prepare(KEY)["run"]
    cancel(stack)
    dropped_minutes_ago(1, CANCEL)
    stack.drop(KEY, tweets + b"\none more good thing,positive")

    # When
    folder = stack.prepare(KEY)["run"]

    # Then
    assert stack.run(cancelled).status == "failed"
    assert stack.run(folder).status == "running"


@pytest.mark.parametrize("name", ["recipe.yaml", "Recipe.YML"])
def test_a_recipe_dropped_after_cancel_starts_a_run(stack: Stack, tweets: bytes, name: str) -> None:
    # Given
    stack.drop(KEY, tweets)
    stack.prepare(KEY)
    cancel(stack)
    dropped_minutes_ago(2, KEY)
    dropped_minutes_ago(1, CANCEL)
    stack.drop(f"datasets/tweets/{name}", b"rows: {max_train: 20}")

    # When
    folder = stack.prepare(f"datasets/tweets/{name}")["run"]

    # Then
    assert stack.run(folder).status == "running"


def test_an_old_cancel_whose_event_comes_again_does_nothing(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(CANCEL, b"")
    dropped_minutes_ago(1, CANCEL)
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]

    # When
    answer = stack.prepare(CANCEL)

    # Then
    assert answer["outcome"] == "ignored: data or a recipe was dropped after cancel"
    assert stack.run(folder).status == "running"


@pytest.mark.usefixtures("base_model")
def test_cancel_after_a_run_has_ended_changes_nothing(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = trained(stack, tweets)
    stack.sagemaker.set_job(name, "Failed")
    stack.call("report_failure", stack.event("training_job_failed", job=name))

    # When
    outcome = cancel(stack)

    # Then
    assert outcome == "nothing to cancel: the run has ended"
    assert len(stack.emails) == 1
    assert stack.run(folder).status == "failed"


def test_cancel_ends_a_run_that_asks_with_one_email_more(stack: Stack) -> None:
    # Given a run that waits for an answer
    key = "datasets/passengers/passengers.csv"
    stack.drop(key, passengers().encode())
    folder = stack.prepare(key)["run"]
    stack.call("report_failure", stack.event("s3_run_notice", key=f"{folder}/notice/1.json"))
    assert stack.run(folder).status == "asking"

    # When
    stack.drop("datasets/passengers/cancel", b"")
    outcome = stack.prepare("datasets/passengers/cancel")["outcome"]
    report_failure(stack, folder)

    # Then
    assert outcome == "cancelled"
    assert stack.run(folder).status == "failed"
    assert [subject.partition(": ")[2][:19] for subject, _ in stack.emails] == [
        "how is passengers.c",
        "cancelled in prepar",
    ]
    assert stack.keys("runs/_active/") == []


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.usefixtures("base_model")
def test_cancel_whose_first_event_is_lost_is_found_by_sweep(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    # Given a run that costs money, and `cancel` without its event
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    folder, name = deployed(stack, tweets)
    if is_kept:
        stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    stack.drop(CANCEL, b"")
    monkeypatch.setattr(lost_drops, "FIRST_LOOK", -5.0)

    # When
    sweep(stack)
    found = [(function, event) for function, event in stack.sent if CANCEL in str(event)]
    ((function, event),) = found
    stack.call(function, event)

    # Then
    run = stack.run(folder)
    assert run.status == ("succeeded" if is_kept else "failed")

    # When its work is done
    stack.sent.clear()
    sweep(stack)

    # Then it is not sent again, and nothing costs money
    assert not [event for _, event in stack.sent if CANCEL in str(event)]
    assert stack.sagemaker.endpoints == {}


def test_cancel_is_no_part_of_a_folder(stack: Stack, tweets: bytes) -> None:
    # Given
    for name in ("one.csv", "cancel", "_SUCCESS"):
        stack.drop(f"datasets/tweets/{name}", tweets if name == "one.csv" else b"")
    dropped_minutes_ago(1, CANCEL)

    # When
    folder = stack.prepare("datasets/tweets/_SUCCESS")["run"]

    # Then
    assert [part.key for part in stack.run(folder).source.parts] == ["datasets/tweets/one.csv"]
