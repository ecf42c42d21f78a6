"""Sweep finds what was lost: events, emails, expired endpoints, superseded runs."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY, change, deployed, sweep, trained
from tests.support.pipeline.stack import Stack
from tunedrop.ports.store import ChangedError


def test_given_a_prepared_run_whose_event_was_lost_when_swept_then_train_is_called(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    sweep(stack)

    function, event = stack.sent[0]
    assert function == "train"
    assert event["detail"]["object"]["key"] == f"{folder}/dataset/dataset.json"


@pytest.mark.usefixtures("base_model")
def test_given_a_completed_job_whose_event_was_lost_when_swept_then_the_run_goes_on(
    stack: Stack, tweets: bytes
) -> None:
    folder, _ = trained(stack, tweets)
    sweep(stack)

    assert stack.call(*stack.sent[0])["outcome"] == "deploying"
    assert stack.run(folder).stage == "deploy"


@pytest.mark.usefixtures("base_model")
def test_given_an_endpoint_in_service_whose_event_was_lost_when_swept_then_it_is_evaluated(
    stack: Stack, tweets: bytes
) -> None:
    folder, _ = deployed(stack, tweets)
    sweep(stack)

    assert stack.call(*stack.sent[0])["outcome"] == "evaluated"
    assert stack.run(folder).status == "succeeded"


@pytest.mark.usefixtures("base_model")
def test_given_a_job_in_progress_when_swept_then_it_is_left_alone(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = trained(stack, tweets)
    stack.sagemaker.set_job(name, "InProgress")

    assert sweep(stack) == [{"outcome": "left alone: waiting for SageMaker", "run": folder}]
    assert stack.sent == []


def test_given_a_run_that_never_goes_on_when_swept_often_then_it_is_given_up_with_one_email(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    for _ in range(6):
        sweep(stack)

    assert len(stack.sent) == 3
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_given_a_kept_endpoint_when_its_time_is_over_then_it_is_deleted(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    folder, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    sweep(stack)
    assert name in stack.sagemaker.endpoints

    change(stack, folder, endpoint_expires="2020-01-01T00:00:00+00:00")
    sweep(stack)
    assert stack.sagemaker.endpoints == {}
    assert stack.run(folder).endpoint is None
    assert stack.keys("runs/_active/") == []
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_given_an_email_claimed_but_never_recorded_when_swept_much_later_then_it_is_sent_again(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = deployed(stack, tweets)
    claim = json.dumps({"claimed": 0.0, "subject": "lost", "message_id": None}).encode()
    stack.drop(f"{folder}/email/1.json", claim)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    sweep(stack)

    assert len(stack.emails) == 1
    assert json.loads(stack.read(f"{folder}/email/1.json"))["message_id"]


def test_given_a_run_that_no_longer_counts_when_swept_then_it_is_superseded(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    pointer = json.loads(stack.read("runs/tweets/current.json"))
    stack.drop("runs/tweets/current.json", json.dumps({**pointer, "run": "f" * 12}).encode())
    sweep(stack)

    assert stack.run(folder).status == "superseded"


@pytest.mark.usefixtures("base_model")
def test_given_a_step_at_work_when_its_run_is_written_meanwhile_then_the_next_try_finishes_it(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nudge may come between the event and the lease: the run must not wait for the next one."""
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
    with pytest.raises(ChangedError):
        stack.call("train", event, "first try")
    monkeypatch.setattr(stack.sagemaker, "create_training_job", create)
    stack.call("train", event, "second try")

    run = stack.run(folder)
    assert run.job in stack.sagemaker.jobs
    assert [name for name, _ in stack.sagemaker.requests] == ["CreateTrainingJob"]
    assert run.lease is None
