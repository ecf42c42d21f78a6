"""Sweep looks after each run by itself, and repairs what people and lost events leave behind."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY, change, deployed, sweep, trained
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.errors import TrainingError
from tunedrop.lifecycle import lost_drops, step
from tunedrop.ports.sagemaker import LimitError, StackResource
from tunedrop.stages import sweep as sweep_stage


@pytest.fixture
def kept(stack: Stack, tweets: bytes, base_model: None) -> tuple[str, str]:  # noqa: ARG001
    """A run that has succeeded and keeps its endpoint: its folder and its name."""
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    folder, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    return folder, name


def outcomes(stack: Stack) -> list[str]:
    return [result["outcome"] for result in sweep(stack)]


def test_a_run_that_cannot_be_read_does_not_stop_the_sweep(
    stack: Stack, kept: tuple[str, str]
) -> None:
    # Given an expired endpoint, and a run whose document is broken and comes first
    folder, _ = kept
    change(stack, folder, endpoint_expires="2020-01-01T00:00:00+00:00")
    marker = {"dataset": "broken", "run": "0" * 12}
    stack.drop(f"runs/_active/{'0' * 12}", json.dumps(marker).encode())
    stack.drop(f"runs/broken/{'0' * 12}/run.json", b"{")

    # When
    with pytest.raises(RuntimeError, match="1 of 2 checks failed: error: DecodeError"):
        sweep(stack)

    # Then
    assert stack.sagemaker.endpoints == {}


def test_the_endpoint_of_a_run_whose_folder_was_deleted_is_removed(
    stack: Stack, kept: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    folder, name = kept
    stack.s3.delete_object(Bucket=stack.run(folder).source.bucket, Key=f"{folder}/run.json")

    # When the marker is young
    first = outcomes(stack)

    # Then nothing is removed, because run.json may still come
    assert "left alone: not yet written" in first
    assert name in stack.sagemaker.endpoints

    # When it is old
    monkeypatch.setattr(sweep_stage, "EMPTY_SECONDS", 0.0)
    sweep(stack)

    # Then
    assert stack.sagemaker.endpoints == {}
    assert stack.keys("runs/_active/") == []


def test_a_kept_endpoint_that_was_deleted_by_hand_is_noticed(
    stack: Stack, kept: tuple[str, str]
) -> None:
    # Given
    folder, name = kept
    stack.sagemaker.delete_endpoint(name)

    # When
    told = outcomes(stack)

    # Then
    run = stack.run(folder)
    assert any("was deleted by hand" in outcome for outcome in told)
    assert (run.endpoint, run.endpoint_expires) == (None, None)
    assert f"The endpoint {name} was deleted by hand." in run.warnings
    assert stack.keys("runs/_active/") == []


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize("status", ["OutOfService", "Failed", "Deleting"])
def test_a_run_whose_endpoint_will_never_answer_ends_with_an_email(
    stack: Stack, tweets: bytes, status: str
) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    stack.sagemaker.set_endpoint(name, status)

    # When
    sweep(stack)
    stack.call(*stack.sent[0])

    # Then
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1
    assert stack.sagemaker.endpoints == {}


@pytest.mark.usefixtures("base_model")
def test_an_endpoint_deleted_by_hand_before_the_evaluation_is_named(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    change(stack, folder, stage="evaluate")
    stack.sagemaker.delete_endpoint(name)

    # When
    sweep(stack)
    stack.call(*stack.sent[0])

    # Then
    assert "deleted by hand" in stack.emails[0][1]


def test_what_carries_the_tag_of_no_known_run_is_removed(
    stack: Stack, kept: tuple[str, str]
) -> None:
    # Given a kept endpoint, and what is left of a run whose documents were all deleted
    _, name = kept
    known = StackResource("endpoint", name, "InService")
    unknown = [
        StackResource(kind, "tweets-0a1b2c3d4e5f-1") for kind in ("training job", "endpoint")
    ]
    stack.resources.found = [known, *unknown]

    # When
    told = outcomes(stack)

    # Then
    assert stack.resources.found == [known]
    for kind in ("training job", "endpoint"):
        assert f"removed: the {kind} tweets-0a1b2c3d4e5f-1, which belongs to no run" in told


def test_what_cannot_be_removed_yet_keeps_sweep_from_nothing_else(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two endpoints of no known run, of which one is being created
    creating, ready = (StackResource("endpoint", f"tweets-{digit * 12}-1") for digit in ("0", "1"))
    stack.resources.found = [creating, ready]
    remove = stack.resources.remove

    def refused(resource: StackResource) -> None:
        if resource == creating:
            raise RuntimeError("Cannot update in-progress endpoint")
        remove(resource)

    monkeypatch.setattr(stack.resources, "remove", refused)

    # When the function fails, so that its alarm is raised if this goes on
    with pytest.raises(RuntimeError, match="1 of 2 checks failed"):
        sweep(stack)

    # Then
    assert stack.resources.found == [creating]


def test_a_lost_run_of_an_upload_in_parts_is_found(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a function that was killed between the pointer and run.json; S3 lists when it began
    stack.drop(KEY, tweets)
    event = stack.event("s3_dataset_dropped", key=KEY)
    event["time"] = f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    event["detail"]["reason"] = "CompleteMultipartUpload"
    etag = stack.s3.head_object(Bucket=BUCKET, Key=KEY)["ETag"]
    event["detail"]["object"]["etag"] = etag.strip('"')
    folder = stack.call("prepare", event)["run"]
    for name in ("run.json", "dataset/dataset.json"):
        stack.s3.delete_object(Bucket=BUCKET, Key=f"{folder}/{name}")
    monkeypatch.setattr(lost_drops, "FIRST_LOOK", -5.0)

    # When
    sweep(stack)

    # Then
    assert [function for function, _ in stack.sent] == ["prepare"]


def test_an_upload_whose_event_never_came_is_sent_to_prepare(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an upload, a part of a folder and a recipe alone, and no event
    stack.drop(KEY, tweets)
    stack.drop("datasets/other/monday/one.csv", tweets)
    stack.drop("datasets/third/recipe.yaml", b"split: {seed: 1}")

    # When they are young
    sweep(stack)

    # Then their events may still come
    assert stack.sent == []

    # When they are older
    monkeypatch.setattr(lost_drops, "FIRST_LOOK", -5.0)
    sweep(stack)

    # Then
    ((function, event),) = stack.sent
    assert (function, event["detail"]["object"]["key"]) == ("prepare", KEY)

    # When prepare has handled it
    folder = stack.call(function, event)["run"]
    stack.sent.clear()
    sweep(stack)

    # Then only the run is continued
    assert [function for function, _ in stack.sent] == ["train"]
    assert stack.run(folder).stage == "train"


@pytest.mark.usefixtures("base_model")
def test_a_run_waits_while_the_account_uses_all_its_instances(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    create = stack.sagemaker.create_training_job

    def refused(request: Mapping[str, Any]) -> None:  # noqa: ARG001
        raise LimitError(TrainingError("The limit is 1 Instances.", "Ask for more."))

    monkeypatch.setattr(stack.sagemaker, "create_training_job", refused)

    # When it is tried more often than a lost event would be
    answer = stack.call(
        "train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json")
    )
    for _ in range(5):
        sweep(stack)
        stack.call(*stack.sent.pop())

    # Then the run is still waiting
    assert answer["outcome"] == "waiting: The limit is 1 Instances."
    assert stack.run(folder).status == "running"

    # When an instance is free
    monkeypatch.setattr(stack.sagemaker, "create_training_job", create)
    sweep(stack)
    stack.call(*stack.sent.pop())

    # Then
    assert stack.run(folder).job in stack.sagemaker.jobs
    assert stack.run(folder).waiting is None


@pytest.mark.usefixtures("base_model")
def test_a_run_that_waited_too_long_for_an_instance_fails(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run that has waited as long as runs wait
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    since = datetime.now(UTC) - timedelta(seconds=step.WAITING_SECONDS + 60)
    change(stack, folder, waiting={"since": since.isoformat(), "reason": "full"})

    def refused(request: Mapping[str, Any]) -> None:  # noqa: ARG001
        raise LimitError(TrainingError("The limit is 1 Instances.", "Ask for more."))

    monkeypatch.setattr(stack.sagemaker, "create_training_job", refused)

    # When
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # Then
    error = stack.run(folder).error
    assert error
    assert (error.message, error.remedy) == ("The limit is 1 Instances.", "Ask for more.")


@pytest.mark.usefixtures("base_model")
def test_all_attempts_of_a_run_are_released(stack: Stack, tweets: bytes) -> None:
    # Given a second attempt, and an endpoint that the first attempt left behind
    folder, name = trained(stack, tweets)
    change(stack, folder, attempt=2)
    stack.sagemaker.set_endpoint(name, "InService")

    # When
    sweep(stack)

    # Then
    assert name not in stack.sagemaker.endpoints
    assert stack.run(folder).released == 1
