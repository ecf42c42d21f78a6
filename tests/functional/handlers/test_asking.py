"""A doubtful file is asked about before anything costs money; a recipe answers."""

import importlib
import json

import msgspec
import pytest

from tests.support.builders.doubtful_files import passengers
from tests.support.pipeline.drives import change, sweep
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.question import Question

KEY = "datasets/passengers/passengers.csv"
RECIPE = "datasets/passengers/recipe.yaml"


def asked(stack: Stack) -> str:
    """Drop a doubtful file; returns the folder of the run that asks."""
    stack.drop(KEY, passengers().encode())
    answer = stack.prepare(KEY)
    assert answer["outcome"] == "asking"
    folder: str = answer["run"]
    return folder


def notified(stack: Stack, folder: str) -> None:
    """Call report_failure as S3 does for the notice of a run."""
    key = f"{folder}/notice/{stack.run(folder).attempt}.json"
    stack.read(key)
    stack.call("report_failure", stack.event("s3_run_notice", key=key))


def test_a_doubtful_file_waits_without_a_job_and_one_email_asks(stack: Stack) -> None:
    # When
    folder = asked(stack)
    for _ in range(2):
        notified(stack, folder)
        sweep(stack)

    # Then
    run = stack.run(folder)
    assert (run.status, run.stage, run.lease, run.ended) == ("asking", "prepare", None, None)
    assert run.learns.startswith("Learns: Sex from Name (could also be: ")
    assert stack.sagemaker.requests == []
    assert f"{folder}/dataset/train.jsonl" not in stack.keys(folder)
    [(subject, body)] = stack.emails
    assert subject == "passengers: how is passengers.csv to be read?"
    assert "columns:\n  text: Name\n  label: Sex\n" in body
    assert body.count("\nrow ") >= 3
    assert f"aws s3 cp --region us-east-1 recipe.yaml s3://{BUCKET}/{RECIPE}" in body


def test_a_recipe_of_the_question_starts_the_run_and_ends_the_asked_one(stack: Stack) -> None:
    # Given
    folder = asked(stack)
    question = msgspec.json.decode(stack.read(f"{folder}/dataset/question.json"), type=Question)

    # When
    stack.drop(RECIPE, question.readings[0].recipe.encode())
    answer = stack.prepare(RECIPE)

    # Then
    assert answer["outcome"] == "prepared"
    assert stack.run(answer["run"]).stage == "train"
    assert stack.run(folder).status == "superseded"
    notified(stack, folder)
    sweep(stack)
    assert stack.emails == []


def test_the_same_doubtful_file_again_joins_the_run_that_asks(stack: Stack) -> None:
    # Given
    folder = asked(stack)
    stack.drop(KEY, passengers().encode())

    # When
    answer = stack.prepare(KEY)

    # Then
    assert answer == {"outcome": "joined", "run": folder}
    assert stack.run(folder).status == "asking"


def test_an_event_that_comes_again_changes_nothing_of_a_run_that_asks(stack: Stack) -> None:
    # Given
    folder = asked(stack)
    before = stack.read(f"{folder}/run.json")

    # When
    answer = stack.prepare(KEY, "request-2")

    # Then
    assert answer["outcome"] == "nothing to do"
    assert stack.read(f"{folder}/run.json") == before


def test_the_sweep_sends_the_email_of_a_lost_notice(stack: Stack) -> None:
    # Given
    asked(stack)

    # When
    outcomes = sweep(stack)

    # Then
    assert [each["outcome"] for each in outcomes] == ["left alone: waiting for an answer"]
    assert len(stack.emails) == 1


def test_a_run_that_nobody_answers_ends_with_an_email(stack: Stack) -> None:
    # Given
    folder = asked(stack)
    notified(stack, folder)
    change(stack, folder, answer_until="2026-01-01T00:00:00+00:00")

    # When
    outcomes = [sweep(stack), sweep(stack)]

    # Then
    run = stack.run(folder)
    assert outcomes[0][0]["outcome"] == "expired: nobody answered"
    assert outcomes[1] == []
    assert run.status == "failed"
    assert run.error
    assert run.error.code == "unanswered"
    assert len(stack.emails) == 2
    assert "Nobody said how passengers.csv is to be read" in stack.emails[1][1]


def test_a_newer_file_ends_the_run_that_asks(stack: Stack, tweets: bytes) -> None:
    # Given
    folder = asked(stack)
    stack.drop("datasets/passengers/tweets.csv", tweets)

    # When
    answer = stack.prepare("datasets/passengers/tweets.csv")

    # Then
    assert answer["outcome"] == "prepared"
    assert stack.run(folder).status == "superseded"


def test_a_large_doubtful_file_is_asked_about_before_a_job_is_started(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a function that prepares no drop itself
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "0")

    # When
    folder = asked(stack)

    # Then
    assert stack.run(folder).processing is None
    assert stack.sagemaker.requests == []


def test_a_job_that_finds_a_doubtful_file_asks_and_completes(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a processing job whose file could not be considered by its head
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "0")
    monkeypatch.setattr("tunedrop.lifecycle.processing.asks_by_head", lambda *_: False)
    stack.drop(KEY, passengers().encode())
    folder = stack.prepare(KEY)["run"]
    monkeypatch.setenv("PROCESSING_JOB", stack.run(folder).name)

    # When
    status = importlib.import_module("prepare.job").main()
    name = stack.run(folder).name
    stack.sagemaker.set_processing_job(name, "Completed")
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    # Then
    assert (status, stack.run(folder).status) == (0, "asking")
    assert [subject for subject, _ in stack.emails] == [
        "passengers: how is passengers.csv to be read?"
    ]


def test_a_recipe_that_stops_after_prepare_trains_nothing(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"stop_after: prepare")
    stack.drop("datasets/tweets/tweets.csv", tweets)

    # When
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]
    event = stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json")
    trained = stack.call("train", event)
    notified(stack, folder)
    sweep(stack)

    # Then
    run = stack.run(folder)
    assert (run.status, run.stage) == ("succeeded", "prepare")
    assert trained["outcome"] == "nothing to do"
    assert stack.sagemaker.requests == []
    [(subject, body)] = stack.emails
    assert subject == "tweets: prepared, 48 rows to train on, nothing trained"
    assert "Learns: label from text" in body


def test_the_recipe_without_the_stop_goes_on_to_the_training(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"stop_after: prepare")
    stack.drop("datasets/tweets/tweets.csv", tweets)
    first = stack.prepare("datasets/tweets/tweets.csv")["run"]

    # When
    stack.drop("datasets/tweets/recipe.yaml", b"checks: full")
    answer = stack.prepare("datasets/tweets/recipe.yaml")

    # Then
    assert answer["run"] != first
    assert stack.run(answer["run"]).stage == "train"
    assert json.loads(stack.read(f"{answer['run']}/dataset/dataset.json"))["learns"]
