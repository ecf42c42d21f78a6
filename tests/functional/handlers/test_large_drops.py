"""What the function cannot hold is prepared by one processing job, with the same ending."""

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
    """The function takes nothing itself."""
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "0")


@pytest.fixture
def job_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is /opt/ml in the job."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    return tmp_path


def handed_over(stack: Stack, body: bytes) -> tuple[str, str]:
    """Drop a file that becomes a job; returns the run's folder and its name."""
    stack.drop(KEY, body)
    answer = stack.prepare(KEY)
    assert answer["outcome"] == "preparing in a processing job"
    return answer["run"], stack.run(answer["run"]).name


def run_job(stack: Stack, name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the job's program as SageMaker would; returns its exit status."""
    monkeypatch.setenv("PROCESSING_JOB", name)
    status: int = importlib.import_module("prepare.job").main()
    stack.sagemaker.set_processing_job(name, "Failed" if status else "Completed")
    return status


def test_given_a_drop_that_is_too_large_when_its_event_comes_twice_then_one_job_is_made(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = handed_over(stack, tweets)
    again = stack.prepare(KEY, "request-2")

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


def test_given_a_function_that_can_hold_the_drop_when_it_comes_then_no_job_is_made(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "1")
    stack.drop(KEY, tweets)

    assert stack.prepare(KEY)["outcome"] == "prepared"
    assert stack.sagemaker.requests == []


def test_given_a_function_that_was_killed_when_it_is_tried_again_then_a_job_does_it(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda tries again with the same request id; a killed function has left its lease."""
    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "1")
    monkeypatch.setattr(prepare, "prepare_run", lambda *_: None)
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    change(stack, folder, lease={"owner": "request-1", "expires": time.time() + 900})

    assert stack.prepare(KEY, "request-2")["outcome"] == "nothing to do"
    assert stack.prepare(KEY, "request-1")["outcome"] == "preparing in a processing job"
    processing = stack.run(folder).processing
    assert processing
    assert "was killed" in processing.reason


@pytest.mark.usefixtures("job_folder")
def test_given_the_job_when_it_has_run_then_it_left_what_the_function_leaves(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 3}")
    folder, name = handed_over(stack, tweets + b"\n,empty")
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 4}")  # its event comes later
    assert run_job(stack, name, monkeypatch) == 0
    by_job = {split: stack.read(f"{folder}/dataset/{split}.jsonl") for split in SPLITS}
    assert stack.run(folder).stage == "train"
    assert stack.run(folder).lease is None

    monkeypatch.setenv("PREPARE_LIMIT_MEGABYTES", "100")
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 3}")
    stack.drop(KEY, tweets + b"\n,empty", Metadata={"tunedrop-rerun": "true"})
    other = stack.prepare(KEY)["run"]
    assert other != folder
    assert {split: stack.read(f"{other}/dataset/{split}.jsonl") for split in SPLITS} == by_job


@pytest.mark.usefixtures("base_model", "job_folder")
def test_given_the_jobs_dataset_when_its_event_comes_then_training_starts(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = handed_over(stack, tweets)
    run_job(stack, name, monkeypatch)
    event = stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json")

    assert stack.call("train", event)["outcome"] == "training"
    assert stack.run(folder).links["logs"] == "/aws/sagemaker/TrainingJobs"


@pytest.mark.usefixtures("job_folder")
def test_given_bad_data_when_the_job_finds_it_then_it_completes_and_one_email_says_so(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = handed_over(stack, b"\x89PNG\r\n\x1a\n\x00\x00")
    assert run_job(stack, name, monkeypatch) == 0
    report_failure(stack, folder)
    sweep(stack)

    error = stack.run(folder).error
    assert error
    assert error.code == "dataset"
    assert len(stack.emails) == 1


def test_given_an_outage_in_the_job_when_it_gives_up_then_its_words_are_in_the_one_email(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch, job_folder: Path
) -> None:
    folder, name = handed_over(stack, tweets)

    def broken(*_: object) -> None:
        raise ConnectionError("S3 is out of reach")

    monkeypatch.setattr(prepare, "prepare_run", broken)
    assert run_job(stack, name, monkeypatch) == 1
    message = (job_folder / "output" / "message").read_text()
    stack.sagemaker.set_processing_job(name, "Failed", exit_message=message)
    for _ in range(2):
        stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1
    assert "ConnectionError: S3 is out of reach" in " ".join(stack.emails[0][1].split())
    assert "/aws/sagemaker/ProcessingJobs" in stack.emails[0][1]


@pytest.mark.parametrize(
    ("status", "details", "words"),
    [
        ("Failed", {"failure_reason": "ClientError: use more memory"}, "use more memory"),
        ("Stopped", {"timed_out": True}, "time limit"),
        ("Stopped", {}, "stopped by hand"),
    ],
)
def test_given_a_killed_job_when_its_event_comes_then_one_email_says_what_to_do(
    stack: Stack, tweets: bytes, status: str, details: Mapping[str, Any], words: str
) -> None:
    folder, name = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": name, "expires": time.time() + 40_000})
    stack.sagemaker.set_processing_job(name, status, **details)
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    error = stack.run(folder).error
    assert error
    assert (error.code, error.stage) == ("processing", "prepare")
    assert words in error.message
    assert "drop" in error.remedy.lower()
    assert len(stack.emails) == 1


def test_given_a_job_killed_before_dataset_json_when_its_event_comes_then_the_run_fails(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = handed_over(stack, tweets)
    change(stack, folder, stage="train")
    stack.sagemaker.set_processing_job(name, "Failed", failure_reason="killed")
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    assert stack.run(folder).status == "failed"


@pytest.mark.usefixtures("job_folder")
def test_given_a_prepared_run_when_its_job_is_stopped_late_then_it_goes_on(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = handed_over(stack, tweets)
    run_job(stack, name, monkeypatch)
    stack.sagemaker.set_processing_job(name, "Stopped")
    stack.call("report_failure", stack.event("processing_job_failed", processing_job=name))

    assert stack.run(folder).status == "running"


@pytest.mark.usefixtures("job_folder")
def test_given_a_newer_drop_when_the_job_runs_then_it_is_stopped_and_does_nothing(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, name = handed_over(stack, tweets)
    stack.drop(KEY, tweets + b"\none more good thing,positive")
    new = stack.prepare(KEY)["run"]

    assert stack.sagemaker.stopped == [name]
    assert stack.run(old).status == "superseded"
    assert run_job(stack, name, monkeypatch) == 0
    assert stack.keys(f"{old}/dataset/") == []
    assert stack.run(new).processing
    assert stack.emails == []


@pytest.mark.usefixtures("job_folder")
def test_given_a_job_that_starts_before_the_function_has_ended_then_it_waits_for_the_lease(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": "request-1", "expires": time.time() + 900})
    waited = SimpleNamespace(sleep=lambda _seconds: change(stack, folder, lease=None))
    monkeypatch.setattr(prepare, "time", waited)

    assert run_job(stack, name, monkeypatch) == 0
    assert stack.run(folder).stage == "train"


def test_given_a_job_at_work_when_swept_then_it_is_left_alone(stack: Stack, tweets: bytes) -> None:
    folder, name = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": name, "expires": time.time() + 40_000})

    assert sweep(stack) == [{"outcome": "left alone: waiting for SageMaker", "run": folder}]
    assert stack.sent == []


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Completed"])
def test_given_a_job_that_left_no_dataset_when_its_event_was_lost_then_sweep_has_it_told(
    stack: Stack, tweets: bytes, status: str
) -> None:
    """Its lease would last for hours: SageMaker knows better."""
    folder, name = handed_over(stack, tweets)
    change(stack, folder, lease={"owner": name, "expires": time.time() + 40_000})
    stack.sagemaker.set_processing_job(name, status)
    sweep(stack)

    function, event = stack.sent[0]
    assert function == "report_failure"
    stack.call(function, event)
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("job_folder")
def test_given_a_prepared_run_whose_event_was_lost_when_swept_then_train_is_called(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, name = handed_over(stack, tweets)
    run_job(stack, name, monkeypatch)
    sweep(stack)

    assert stack.sent[0][0] == "train"


def test_given_a_job_that_was_named_but_never_made_when_the_event_comes_again_then_it_is_made(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = stack.sagemaker.create_processing_job

    def throttled(_request: Mapping[str, Any]) -> None:
        raise ConnectionError("throttled")

    monkeypatch.setattr(stack.sagemaker, "create_processing_job", throttled)
    stack.drop(KEY, tweets)
    with pytest.raises(ConnectionError):
        stack.prepare(KEY)
    monkeypatch.setattr(stack.sagemaker, "create_processing_job", create)
    sweep(stack)
    stack.call(*stack.sent[0])

    assert [name for name, _ in stack.sagemaker.requests] == ["CreateProcessingJob"]


def test_given_a_superseded_run_when_it_counts_again_then_its_job_has_a_new_name(
    stack: Stack, tweets: bytes
) -> None:
    folder, first = handed_over(stack, tweets)
    for recipe in (b"hyperparameters: {epochs: 1}", b""):
        stack.drop("datasets/tweets/recipe.yaml", recipe)
        stack.prepare("datasets/tweets/recipe.yaml")

    names = [request["ProcessingJobName"] for _, request in stack.sagemaker.requests]
    processing = stack.run(folder).processing
    assert len(set(names)) == len(names) == 3
    assert names[0] == first
    assert processing
    assert processing.job == names[-1] == stack.run(folder).name


def test_given_a_recipe_error_when_the_drop_is_large_then_no_job_is_made(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"spilt: {test: 0.2}\n")
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]

    assert json.loads(stack.read(f"{folder}/run.json"))["error"]["code"] == "recipe"
    assert stack.sagemaker.requests == []
