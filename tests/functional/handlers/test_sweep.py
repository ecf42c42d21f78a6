"""Sweep repairs lost events and emails, and removes expired endpoints and superseded runs."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY, change, deployed, sweep, trained
from tests.support.pipeline.stack import Stack
from tunedrop.ports.store import ChangedError


def test_the_sweep_calls_train_when_the_event_was_lost(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]

    # When
    sweep(stack)

    # Then
    function, event = stack.sent[0]
    assert function == "train"
    assert event["detail"]["object"]["key"] == f"{folder}/dataset/dataset.json"


@pytest.mark.usefixtures("base_model")
def test_the_sweep_continues_a_run_whose_job_completed(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, _ = trained(stack, tweets)

    # When
    sweep(stack)
    answer = stack.call(*stack.sent[0])

    # Then
    assert answer["outcome"] == "deploying"
    assert stack.run(folder).stage == "deploy"


@pytest.mark.usefixtures("base_model")
def test_the_sweep_has_an_endpoint_in_service_evaluated(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, _ = deployed(stack, tweets)

    # When
    sweep(stack)
    answer = stack.call(*stack.sent[0])

    # Then
    assert answer["outcome"] == "evaluated"
    assert stack.run(folder).status == "succeeded"


@pytest.mark.usefixtures("base_model")
def test_the_sweep_leaves_a_job_in_progress_alone(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = trained(stack, tweets)
    stack.sagemaker.set_job(name, "InProgress")

    # When
    outcomes = sweep(stack)

    # Then
    assert outcomes == [{"outcome": "left alone: waiting for SageMaker", "run": folder}]
    assert stack.sent == []


def test_the_sweep_ends_a_run_after_three_nudges_with_one_email(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]

    # When
    for _ in range(6):
        sweep(stack)

    # Then
    assert len(stack.sent) == 3
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_the_sweep_deletes_a_kept_endpoint_when_it_expires(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    folder, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # When
    sweep(stack)

    # Then
    assert name in stack.sagemaker.endpoints

    # When
    change(stack, folder, endpoint_expires="2020-01-01T00:00:00+00:00")
    sweep(stack)

    # Then
    assert stack.sagemaker.endpoints == {}
    assert stack.run(folder).endpoint is None
    assert stack.keys("runs/_active/") == []
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_the_sweep_sends_a_claimed_but_unrecorded_email_again(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    claim = json.dumps({"claimed": 0.0, "subject": "lost", "message_id": None}).encode()
    stack.drop(f"{folder}/email/1.json", claim)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # When
    sweep(stack)

    # Then
    assert len(stack.emails) == 1
    assert json.loads(stack.read(f"{folder}/email/1.json"))["message_id"]


def test_the_sweep_supersedes_a_run_that_is_no_longer_current(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    pointer = json.loads(stack.read("runs/tweets/current.json"))
    stack.drop("runs/tweets/current.json", json.dumps({**pointer, "run": "f" * 12}).encode())

    # When
    sweep(stack)

    # Then
    assert stack.run(folder).status == "superseded"


@pytest.mark.usefixtures("base_model")
def test_a_step_whose_run_changed_meanwhile_is_finished_by_its_retry(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sweep may write its nudge while a step works; the retry must not wait for the next sweep."""
    # Given a step during which sweep writes to run.json
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    event = stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json")
    create = stack.sagemaker.create_training_job

    def nudged_meanwhile(request: Mapping[str, Any]) -> None:
        document = json.loads(stack.read(f"{folder}/run.json"))
        document["nudges"] = {"train": 1}
        stack.drop(f"{folder}/run.json", json.dumps(document).encode())
        create(request)

    monkeypatch.setattr(stack.sagemaker, "create_training_job", nudged_meanwhile)

    # When the step fails and its event is tried again
    with pytest.raises(ChangedError):
        stack.call("train", event, "first try")
    monkeypatch.setattr(stack.sagemaker, "create_training_job", create)
    stack.call("train", event, "second try")

    # Then the retry finishes the step without a second job
    run = stack.run(folder)
    assert run.job in stack.sagemaker.jobs
    assert [name for name, _ in stack.sagemaker.requests] == ["CreateTrainingJob"]
    assert run.lease is None
