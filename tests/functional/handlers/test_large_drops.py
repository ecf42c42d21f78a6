"""A drop that the function cannot hold is prepared by one processing job, with the same result."""

import importlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY, change, report_failure, sweep
from tests.support.pipeline.stack import Stack
from tunedrop.stages import prepare

SPLITS = ("train", "validation", "test", "rejected")


@pytest.fixture(autouse=True)
def limit(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - after its own
    """The function prepares no drop itself."""
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "0")


@pytest.fixture
def job_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is /opt/ml in the job."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    return tmp_path


def handed_over(stack: Stack, body: bytes) -> tuple[str, str]:
    """Drop a file that becomes a job; returns the run's folder and its name."""
    stack.drop(KEY, body)
    answer = stack.prepare(KEY)
    assert answer["outcome"] == "preparing in a processing job"
    return answer["run"], stack.run(answer["run"]).name


def last_try(stack: Stack, body: bytes) -> tuple[str, str]:
    """Hand a file over whose first job fails; returns the run's folder and its second name."""
    folder, name = handed_over(stack, body)
    stack.sagemaker.set_processing_job(name, "Failed", failure_reason="InternalServerError")
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))
    assert stack.prepare(KEY)["outcome"] == "preparing in a processing job"
    return folder, stack.run(folder).name


def run_job(stack: Stack, name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the job's program as SageMaker would; returns its exit status."""
    monkeypatch.setenv("PROCESSING_JOB", name)
    status: int = importlib.import_module("prepare.job").main()
    stack.sagemaker.set_processing_job(name, "Failed" if status else "Completed")
    return status


def test_a_large_drop_creates_one_job_although_its_event_comes_twice(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder, name = handed_over(stack, tweets)

    # When
    again = stack.prepare(KEY, "request-2")

    # Then
    run = stack.run(folder)
    (operation, request) = stack.sagemaker.requests[0]
    assert again["outcome"] == "nothing to do"
    assert len(stack.sagemaker.requests) == 1
    assert (operation, request["ProcessingJobName"]) == ("CreateProcessingJob", name)
    assert request["Environment"]["PROCESSING_JOB"] == name
    assert (run.status, run.stage, run.lease) == ("running", "prepare", None)
    assert run.processing
    assert run.processing.job == name
    assert "PrepareLimitMegabytes" in run.processing.reason
    assert stack.keys(f"{folder}/dataset/") == []


def test_a_drop_within_the_functions_limit_creates_no_job(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "1")
    stack.drop(KEY, tweets)

    # When
    answer = stack.prepare(KEY)

    # Then
    assert answer["outcome"] == "prepared"
    assert stack.sagemaker.requests == []


def test_a_killed_function_is_replaced_by_a_processing_job(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda tries again with the same request id; a killed function has left its lease."""
    # Given a function that was killed and left its lease
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "1")
    monkeypatch.setattr(prepare, "prepare_run", lambda *_: None)
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    change(stack, folder, lease={"owner": "request-1", "expires": time.time() + 900})

    # When
    other, retry = (stack.prepare(KEY, request) for request in ("request-2", "request-1"))

    # Then another request does nothing, and the retry of the same request creates a job
    assert other["outcome"] == "nothing to do"
    assert retry["outcome"] == "preparing in a processing job"
    processing = stack.run(folder).processing
    assert processing
    assert "was killed" in processing.reason


@pytest.mark.usefixtures("job_folder")
def test_the_job_writes_the_same_files_as_the_function(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a drop that a job prepared
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 3}")
    folder, name = handed_over(stack, tweets + b"\n,empty")
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 4}")  # its event comes later
    assert run_job(stack, name, monkeypatch) == 0
    by_job = {split: stack.read(f"{folder}/dataset/{split}.jsonl") for split in SPLITS}
    assert stack.run(folder).stage == "train"
    assert stack.run(folder).lease is None

    # When the function prepares the same drop
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "100")
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 3}")
    stack.drop(KEY, tweets + b"\n,empty", Metadata={"tunedrop-rerun": "true"})
    other = stack.prepare(KEY)["run"]

    # Then the files are equal
    assert other != folder
    assert {split: stack.read(f"{other}/dataset/{split}.jsonl") for split in SPLITS} == by_job


@pytest.mark.usefixtures("base_model", "job_folder")
def test_the_event_of_the_jobs_dataset_starts_the_training(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    folder, name = handed_over(stack, tweets)
    run_job(stack, name, monkeypatch)
    event = stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json")

    # When
    answer = stack.call("train", event)

    # Then
    assert answer["outcome"] == "training"
    assert stack.run(folder).links["logs"] == "/aws/sagemaker/TrainingJobs"


@pytest.mark.usefixtures("job_folder")
def test_a_job_with_unusable_data_completes_with_one_email(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    folder, name = handed_over(stack, b"\x89PNG\r\n\x1a\n\x00\x00")

    # When
    assert run_job(stack, name, monkeypatch) == 0
    report_failure(stack, folder)
    sweep(stack)

    # Then
    error = stack.run(folder).error
    assert error
    assert error.code == "dataset"
    assert len(stack.emails) == 1


def test_the_email_of_a_job_that_failed_in_an_outage_names_the_error(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch, job_folder: Path
) -> None:
    # Given
    folder, name = last_try(stack, tweets)

    def broken(*_: object) -> None:
        raise ConnectionError("S3 is out of reach")

    monkeypatch.setattr(prepare, "prepare_run", broken)

    # When
    assert run_job(stack, name, monkeypatch) == 1
    message = (job_folder / "output" / "message").read_text()
    stack.sagemaker.set_processing_job(name, "Failed", exit_message=message)
    for _ in range(2):
        stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    # Then
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1
    assert "ConnectionError: S3 is out of reach" in " ".join(stack.emails[0][1].split())
    assert "/aws/sagemaker/ProcessingJobs" in stack.emails[0][1]


def test_a_job_that_failed_is_started_once_more_by_sweep(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, first = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": first, "expires": time.time() + 40_000})
    stack.sagemaker.set_processing_job(first, "Failed", failure_reason="InternalServerError")

    # When its event comes twice
    event = stack.event("processing_job_failed", processing_job=first)
    for _ in range(2):
        stack.call("report_failure", event)
    sweep(stack)
    ((function, again),) = stack.sent
    stack.call(function, again, request_id="request-2")

    # Then
    second = stack.run(folder).name
    assert function == "prepare"
    assert list(stack.sagemaker.processing_jobs) == [first, second]
    assert stack.emails == []
    marker = json.loads(stack.read(f"runs/_active/{stack.run(folder).run}"))
    assert marker["attempt"] == 2, "sweep would not find the second job's name"

    # When
    stack.sagemaker.set_processing_job(second, "Failed", failure_reason="InternalServerError")
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=second))

    # Then
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1


@pytest.mark.parametrize(
    ("status", "details", "words"),
    [
        ("Failed", {"failure_reason": "ClientError: use more memory"}, "use more memory"),
        ("Stopped", {"timed_out": True}, "time limit"),
        ("Stopped", {}, "stopped by hand"),
    ],
)
def test_a_killed_job_ends_the_run_with_one_email_and_a_remedy(
    stack: Stack, tweets: bytes, status: str, details: Mapping[str, Any], words: str
) -> None:
    # Given
    folder, name = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": name, "expires": time.time() + 40_000})
    stack.sagemaker.set_processing_job(name, status, **details)

    # When
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    # Then
    error = stack.run(folder).error
    assert error
    assert (error.code, error.stage) == ("processing", "prepare")
    assert words in error.message
    assert "drop" in error.remedy.lower()
    assert len(stack.emails) == 1


def test_a_job_killed_before_it_wrote_dataset_json_fails_the_run(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder, name = last_try(stack, tweets)
    change(stack, folder, stage="train")
    stack.sagemaker.set_processing_job(name, "Failed", failure_reason="killed")

    # When
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    # Then
    assert stack.run(folder).status == "failed"


@pytest.mark.usefixtures("job_folder")
def test_a_prepared_run_continues_although_its_job_is_stopped(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    folder, name = handed_over(stack, tweets)
    run_job(stack, name, monkeypatch)
    stack.sagemaker.set_processing_job(name, "Stopped")

    # When
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    # Then
    assert stack.run(folder).status == "running"


@pytest.mark.usefixtures("job_folder")
def test_a_newer_drop_stops_the_job_of_the_older_one(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    old, name = handed_over(stack, tweets)
    stack.drop(KEY, tweets + b"\none more good thing,positive")

    # When
    new = stack.prepare(KEY)["run"]

    # Then
    assert stack.sagemaker.stopped == [name]
    assert stack.run(old).status == "superseded"
    assert run_job(stack, name, monkeypatch) == 0
    assert stack.keys(f"{old}/dataset/") == []
    assert stack.run(new).processing
    assert stack.emails == []


@pytest.mark.usefixtures("job_folder")
def test_a_job_waits_until_the_function_has_released_its_lease(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a job that starts while the function still holds the lease
    folder, name = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": "request-1", "expires": time.time() + 900})
    waited = SimpleNamespace(sleep=lambda _seconds: change(stack, folder, lease=None))
    monkeypatch.setattr(prepare, "time", waited)

    # When
    status = run_job(stack, name, monkeypatch)

    # Then the job prepares the run
    assert status == 0
    assert stack.run(folder).stage == "train"


def test_the_sweep_leaves_a_working_job_alone(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": name, "expires": time.time() + 40_000})

    # When
    outcomes = sweep(stack)

    # Then
    assert outcomes == [{"outcome": "left alone: waiting for SageMaker", "run": folder}]
    assert stack.sent == []


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Completed"])
def test_the_sweep_reports_an_ended_job_without_a_dataset(
    stack: Stack, tweets: bytes, status: str
) -> None:
    """The lease of the job lasts for hours, so sweep asks SageMaker for its status."""
    # Given
    folder, name = last_try(stack, tweets)
    change(stack, folder, lease={"owner": name, "expires": time.time() + 40_000})
    stack.sagemaker.set_processing_job(name, status)

    # When
    sweep(stack)

    # Then
    function, event = stack.sent[0]
    assert function == "report_failure"

    # When
    stack.call(function, event)

    # Then
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("job_folder")
def test_the_sweep_calls_train_when_the_event_was_lost(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    _, name = handed_over(stack, tweets)
    run_job(stack, name, monkeypatch)

    # When
    sweep(stack)

    # Then
    assert stack.sent[0][0] == "train"


def test_a_job_whose_creation_failed_is_created_by_the_next_event(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run whose job could not be created
    create = stack.sagemaker.create_processing_job

    def throttled(_request: Mapping[str, Any]) -> None:
        raise ConnectionError("throttled")

    monkeypatch.setattr(stack.sagemaker, "create_processing_job", throttled)
    stack.drop(KEY, tweets)
    with pytest.raises(ConnectionError):
        stack.prepare(KEY)
    monkeypatch.setattr(stack.sagemaker, "create_processing_job", create)

    # When
    sweep(stack)
    stack.call(*stack.sent[0])

    # Then
    assert [name for name, _ in stack.sagemaker.requests] == ["CreateProcessingJob"]


def test_a_revived_run_has_a_processing_job_with_a_new_name(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, first = handed_over(stack, tweets)

    # When
    for recipe in (b"hyperparameters: {epochs: 1}", b""):
        stack.drop("datasets/tweets/recipe.yaml", recipe)
        stack.prepare("datasets/tweets/recipe.yaml")

    # Then
    names = [request["ProcessingJobName"] for _, request in stack.sagemaker.requests]
    processing = stack.run(folder).processing
    assert len(set(names)) == len(names) == 3
    assert names[0] == first
    assert processing
    assert processing.job == names[-1] == stack.run(folder).name


def test_a_large_drop_with_an_invalid_recipe_creates_no_job(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"spilt: {test: 0.2}\n")
    stack.drop(KEY, tweets)

    # When
    folder = stack.prepare(KEY)["run"]

    # Then
    assert json.loads(stack.read(f"{folder}/run.json"))["error"]["code"] == "recipe"
    assert stack.sagemaker.requests == []
