"""Every failure causes one email with the reason and a remedy; no job or endpoint keeps running."""

import json
import time

import msgspec
import pytest
from botocore.exceptions import ClientError

from tests.support.pipeline.drives import (
    KEY,
    change,
    deployed,
    report_failure,
    send_dead_letter,
    trained,
)
from tests.support.pipeline.fakes import FakeInference
from tests.support.pipeline.stack import BUCKET, EVENTS, Stack
from tunedrop.aws.messages import Topic
from tunedrop.documents.run import Failure
from tunedrop.runs.repository import now

MANIFEST_KEY = "models/HuggingFaceTB/SmolLM2-135M-Instruct/main/manifest.json"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "dataset"), (b"\x89PNG\r\n\x1a\n\x00\x00", "dataset"), (b"text,label\n", "dataset")],
    ids=["empty", "a picture", "a header and nothing else"],
)
def test_an_unusable_file_ends_the_run_with_one_email(stack: Stack, body: bytes, code: str) -> None:
    # Given
    stack.drop(KEY, body)

    # When
    folder = stack.prepare(KEY)["run"]
    for _ in range(2):
        report_failure(stack, folder)

    # Then
    run = stack.run(folder)
    assert run.status == "failed"
    assert run.error
    assert run.error.code == code
    assert len(stack.emails) == 1
    assert run.error.remedy in " ".join(stack.emails[0][1].split())
    assert stack.keys("runs/_active/") == []


def test_an_email_is_sent_although_its_readers_cannot_be_listed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a topic whose subscriptions may not be listed
    def refuse(_: Topic) -> list[str]:
        details = {"Error": {"Code": "AuthorizationError", "Message": "not authorized"}}
        raise ClientError(details, "ListSubscriptionsByTopic")

    monkeypatch.setattr(Topic, "unconfirmed", refuse)
    stack.drop(KEY, b"")

    # When
    report_failure(stack, stack.prepare(KEY)["run"])

    # Then
    assert len(stack.emails) == 1
    assert stack.keys("runs/_active/") == []


def test_the_email_lists_the_problems_of_a_file_of_bad_rows(stack: Stack) -> None:
    # Given
    stack.drop("datasets/chat/chat.jsonl", b'{"messages": [}\n' * 30 + b'{"messages": []}\n' * 40)

    # When
    folder = stack.prepare("datasets/chat/chat.jsonl")["run"]
    report_failure(stack, folder)

    # Then
    failure = json.loads(stack.read(f"{folder}/failure/1.json"))
    assert [problem["rows"] for problem in failure["problems"]] == [40, 30]
    assert stack.run(folder).error == msgspec.convert(failure, Failure)
    body = stack.emails[0][1]
    assert "40 rows with a missing or empty value" in body
    assert "Example   line 31 of chat.jsonl: messages is an empty list." in body
    assert f"{folder}/dataset/rejected.jsonl ." in body
    assert stack.read(f"{folder}/dataset/rejected.jsonl").count(b"\n") == 70


def test_the_email_names_the_wrong_line_of_the_recipe(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"task: classification\nspilt: {test: 0.2}\n")
    stack.drop(KEY, tweets)

    # When
    folder = stack.prepare(KEY)["run"]
    report_failure(stack, folder)

    # Then
    body = " ".join(stack.emails[0][1].split())
    assert "line 2" in body
    assert "did you mean 'split'" in body


def test_a_missing_base_model_fails_the_run_before_training(stack: Stack, tweets: bytes) -> None:
    # Given a base model that leaves the bucket after the preparation
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.s3.delete_object(Bucket=BUCKET, Key=MANIFEST_KEY)

    # When the training is to start
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    report_failure(stack, folder)

    # Then the email says that it can be fetched again
    assert stack.sagemaker.requests == []
    error = stack.run(folder).error
    assert error
    assert error.code == "base_model"
    assert error.remedy.endswith("There is no base model in the bucket.")
    assert "the model is fetched" in " ".join(stack.emails[0][1].split())


@pytest.mark.usefixtures("base_model")
def test_a_run_over_budget_is_refused_during_preparation(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"budget_usd: 0.001")
    stack.drop(KEY, tweets)

    # When
    folder = stack.prepare(KEY)["run"]
    report_failure(stack, folder)

    # Then
    error = stack.run(folder).error
    assert error
    assert (error.stage, error.code) == ("prepare", "budget")
    assert f"{folder}/dataset/dataset.json" not in stack.keys(folder)
    assert b"Not trained: over budget" in stack.read(f"{folder}/dataset/dataset.html")
    assert "budget_usd is 0.001" in stack.emails[0][1]


def test_a_run_over_budget_is_refused_before_its_training_job(stack: Stack, tweets: bytes) -> None:
    # Given a run prepared with a base model that is small enough
    stack.drop("datasets/tweets/recipe.yaml", b"budget_usd: 1")
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    assert stack.run(folder).status == "running"

    # When a larger one has replaced it and the training is to start
    small = stack.read(MANIFEST_KEY)
    stack.drop(MANIFEST_KEY, small.replace(b"269000000", b"269000000000000"))
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # Then no job is created
    error = stack.run(folder).error
    assert error
    assert (error.stage, error.code) == ("train", "budget")
    assert stack.sagemaker.requests == []


@pytest.mark.usefixtures("base_model")
def test_a_failed_training_job_causes_one_email_with_its_reason(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    stack.sagemaker.set_job(name, "Failed", failure_reason="AlgorithmError: loss is nan")

    # When its event arrives twice
    for _ in range(2):
        stack.call("report_failure", stack.event("training_job_failed", job=name))

    # Then
    assert len(stack.emails) == 1
    assert "loss is nan" in stack.emails[0][1]


@pytest.mark.usefixtures("base_model")
def test_a_failed_endpoint_is_deleted_and_reported(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    stack.sagemaker.set_endpoint(name, "Failed", "the container did not pass its health check")

    # When
    stack.call("report_failure", stack.event("endpoint_failed", endpoint=name))

    # Then
    assert stack.sagemaker.endpoints == {}
    assert stack.run(folder).status == "failed"
    assert "health check" in stack.emails[0][1]


@pytest.mark.usefixtures("base_model")
def test_an_endpoint_that_stops_answering_is_deleted_with_one_email(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    stack.inference = FakeInference(broken=True)

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    report_failure(stack, folder)

    # Then
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1
    assert stack.sagemaker.endpoints == {}


def test_a_dead_letter_of_a_drop_without_a_run_becomes_one_email(
    stack: Stack, tweets: bytes
) -> None:
    # Given a drop that prepare failed on three times before it had a run
    stack.drop(KEY, tweets)
    letter = json.loads((EVENTS / "sqs_dead_letter.json").read_text())

    # When sweep has had it tried again, in vain
    for _ in range(2):
        stack.call("report_failure", letter)

    # Then
    ((subject, body),) = stack.emails
    assert subject.startswith("tweets.csv: no run could be started yet:")
    words = " ".join(body.split())
    assert "datasets/tweets/tweets.csv" in words
    assert "Task timed out after 900.00 seconds" in words
    assert "then drop the file again" in words


def test_a_dead_letter_of_a_newer_drop_leaves_the_older_run_alone(
    stack: Stack, tweets: bytes
) -> None:
    # Given a run, and a newer file that prepare failed on before it had a run
    stack.drop("datasets/tweets/a.csv", tweets)
    folder = stack.prepare("datasets/tweets/a.csv")["run"]
    stack.drop(KEY, tweets + b"\none more good thing,positive")

    # When
    stack.call("report_failure", json.loads((EVENTS / "sqs_dead_letter.json").read_text()))

    # Then
    assert stack.run(folder).status == "running"
    ((subject, _),) = stack.emails
    assert subject.startswith("tweets.csv: no run could be started yet:")


def test_a_dead_letter_of_a_drop_that_was_deleted_is_ignored(stack: Stack) -> None:
    # When
    (outcome,) = stack.call(
        "report_failure", json.loads((EVENTS / "sqs_dead_letter.json").read_text())
    )

    # Then
    assert outcome["outcome"].startswith("ignored:")
    assert stack.emails == []


def test_a_dead_letter_ends_its_run_with_one_email(stack: Stack, tweets: bytes) -> None:
    # Given a run that still waits for prepare
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    change(stack, folder, stage="prepare", begun_by="ours")

    # When it arrives twice
    for _ in range(2):
        send_dead_letter(stack, folder, request_id="ours")

    # Then
    error = stack.run(folder).error
    assert error
    assert error.code == "stage"
    assert "timed out" in error.message
    assert len(stack.emails) == 1


@pytest.mark.parametrize("difference", ["version", "stage", "lease", "invocation"])
def test_a_dead_letter_that_a_run_does_not_wait_for_is_ignored(
    stack: Stack, tweets: bytes, difference: str
) -> None:
    # Given a healthy run, and the dead letter of a late duplicate of its event
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    letter = {"request_id": "late" if difference == "invocation" else "ours"}
    letter |= {"version_id": "older"} if difference == "version" else {}
    lease = {"owner": "other", "expires": time.time() + 60} if difference == "lease" else None
    stage = "train" if difference == "stage" else "prepare"
    change(stack, folder, stage=stage, lease=lease, begun_by="ours")

    # When
    (outcome,) = send_dead_letter(stack, folder, **letter)

    # Then
    assert outcome["outcome"] == "ignored: the run does not wait for this event"
    assert stack.run(folder).status == "running"


def test_a_dead_letter_of_the_lease_owner_ends_the_run(stack: Stack, tweets: bytes) -> None:
    # Given a function that was killed three times and left its lease
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    lease = {"owner": "ours", "expires": time.time() + 600}
    change(stack, folder, stage="prepare", lease=lease, begun_by="ours")

    # When
    send_dead_letter(stack, folder, request_id="ours")

    # Then
    assert stack.run(folder).status == "failed"


def test_events_of_foreign_jobs_are_ignored(stack: Stack) -> None:
    # Given
    completed = stack.event("training_job_completed", job="a-job-of-theirs")
    failed = stack.event("training_job_failed", job="a-job-of-theirs")
    run_failed = stack.event("s3_run_failed")

    # When
    outcomes = [
        stack.call("deploy", completed),
        *stack.call("report_failure", failed),
        *stack.call("report_failure", run_failed),
    ]

    # Then
    assert len(outcomes) == 3
    assert all(each["outcome"].startswith("ignored") for each in outcomes)
    assert stack.emails == []


@pytest.mark.usefixtures("base_model")
def test_the_late_job_of_a_superseded_run_gets_no_endpoint(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = trained(stack, tweets)
    stack.drop(KEY, tweets + b"\none more good thing,positive")
    stack.prepare(KEY)

    # When
    stack.call("deploy", stack.event("training_job_completed", job=name))

    # Then
    assert stack.run(folder).status == "superseded"
    assert stack.sagemaker.endpoints == {}


def test_a_dead_letter_ends_no_run_that_waits_for_an_instance(stack: Stack, tweets: bytes) -> None:
    # Given a run that waits, which sweep tries again, and a repeated event that failed three times
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    waiting = {"since": now(), "reason": "The account has no instance left."}
    change(stack, folder, stage="prepare", lease=None, waiting=waiting)

    # When
    (outcome,) = send_dead_letter(stack, folder)

    # Then
    assert outcome["outcome"] == "ignored: the run does not wait for this event"
    assert stack.run(folder).status == "running"
    assert stack.emails == []
