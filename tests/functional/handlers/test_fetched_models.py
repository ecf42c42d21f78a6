"""A base model that is not in the bucket: one job fetches it, and the runs wait for its end."""

import importlib
import json
from typing import Any

import pytest

from tests.support.pipeline.drives import report_failure, sweep
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.jobs.base_model import model_prefix
from tunedrop.recipe.schema import Recipe

MODEL = "me/tiny"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:hub-token-a1B2c3"


def drop(stack: Stack, dataset: str, body: bytes, recipe: str = f"base_model: {MODEL}") -> str:
    """Drop a recipe and a file; return the folder of the run."""
    stack.drop(f"datasets/{dataset}/recipe.yaml", recipe.encode())
    stack.drop(f"datasets/{dataset}/{dataset}.csv", body)
    return str(stack.prepare(f"datasets/{dataset}/{dataset}.csv")["run"])


def fetches(stack: Stack) -> list[dict[str, Any]]:
    """Return the requests of the jobs that fetch."""
    made = [request for kind, request in stack.sagemaker.requests if "Processing" in kind]
    return [dict(each) for each in made if each["ProcessingJobName"].startswith("fetch-")]


def end_job(stack: Stack, status: str = "Completed", **details: Any) -> str:
    """End the newest job that fetches, with the model in the bucket if it completed."""
    request = fetches(stack)[-1]
    if status == "Completed":
        manifest = {"version": 2, "id": MODEL, "revision": "main", "files": []}
        manifest["files"] = [{"name": "model.safetensors", "size": 10, "sha256": "0" * 64}]
        key = f"{request['Environment']['MODEL_PREFIX']}manifest.json"
        stack.drop(key, json.dumps(manifest).encode())
    name = str(request["ProcessingJobName"])
    stack.sagemaker.set_processing_job(name, status, **details)
    return name


def tell_sweep(stack: Stack, job: str) -> list[dict[str, Any]]:
    """Send the event of the job's end, and what sweep sends in turn."""
    stack.sent.clear()
    event = stack.event("processing_job_failed", processing_job=job)
    outcomes: list[dict[str, Any]] = stack.call("sweep", event)
    for function, sent in stack.sent:
        stack.call(function, dict(sent), "request-2")
    return outcomes


def test_a_run_waits_for_its_base_model_and_goes_on_by_the_jobs_event(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder = drop(stack, "tweets", tweets)
    waiting = stack.run(folder)

    # When
    outcomes = tell_sweep(stack, end_job(stack))

    # Then
    run = stack.run(folder)
    assert waiting.fetching
    assert waiting.fetching.model == "me/tiny@main"
    assert (waiting.stage, waiting.status, waiting.lease) == ("prepare", "running", None)
    assert [each["run"] for each in outcomes] == [folder]
    assert run.stage == "train"
    assert run.estimate


def test_ten_runs_start_one_job_and_all_go_on(stack: Stack, tweets: bytes) -> None:
    # Given
    names = [f"tweets{number}" for number in range(10)]
    folders = [drop(stack, name, tweets) for name in names]
    other = drop(stack, "other", tweets, "base_model: me/other")

    # When
    requests = fetches(stack)
    job = str(requests[0]["ProcessingJobName"])
    stack.drop(
        "models/me/tiny/main/manifest.json",
        b'{"version": 2, "id": "x", "revision": "main", "files": [{"name": "m.safetensors",'
        b' "size": 9, "sha256": ""}]}',
    )
    stack.sagemaker.set_processing_job(job, "Completed")
    outcomes = tell_sweep(stack, job)

    # Then
    assert [each["Environment"]["MODEL_ID"] for each in requests] == [MODEL, "me/other"]
    assert sorted(str(each["run"]) for each in outcomes) == sorted(folders)
    assert {stack.run(folder).stage for folder in folders} == {"train"}
    assert stack.run(other).stage == "prepare"


def test_the_request_names_the_secret_and_never_has_the_token(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("HUB_TOKEN_SECRET_ARN", SECRET)
    monkeypatch.setenv("FETCH_ROLE_ARN", "arn:aws:iam::111122223333:role/fetch")

    # When
    drop(stack, "tweets", tweets, "base_model: me/tiny@v2")

    # Then
    (request,) = fetches(stack)
    assert request["RoleArn"] == "arn:aws:iam::111122223333:role/fetch"
    assert request["AppSpecification"]["ContainerEntrypoint"] == ["fetch"]
    assert request["NetworkConfig"] == {"EnableNetworkIsolation": False}
    assert request["Environment"] == {
        "DATA_BUCKET": BUCKET,
        "MODEL_PREFIX": "models/me/tiny/v2/",
        "MODEL_ID": MODEL,
        "MODEL_REVISION": "v2",
        "HF_ENDPOINT": "https://huggingface.co",
        "HUB_TOKEN_SECRET_ARN": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_the_job_understands_the_environment_of_the_request(stack: Stack, tweets: bytes) -> None:
    # Given
    program = importlib.import_module("fetch")
    drop(stack, "tweets", tweets, "base_model: s3://weights/llama/")

    # When
    settings = program.FetchSettings.from_environment(fetches(stack)[0]["Environment"])

    # Then
    recipe = Recipe(base_model="s3://weights/llama/")
    assert settings.uri == "s3://weights/llama"
    assert settings.target == (BUCKET, model_prefix(recipe), recipe.model_id, "main")


def test_a_licence_that_is_not_accepted_ends_in_one_email(stack: Stack, tweets: bytes) -> None:
    # Given
    folder = drop(stack, "tweets", tweets)
    message = "The licence is not accepted.\nAccept it on https://huggingface.co/me/tiny."

    # When
    job = end_job(stack, "Failed", exit_message=message)
    for _ in range(2):
        stack.call("report_failure", stack.event("processing_job_failed", processing_job=job))
        tell_sweep(stack, job)
    report_failure(stack, folder)
    sweep(stack)

    # Then
    error = stack.run(folder).error
    assert error
    assert (error.code, error.stage) == ("base_model", "prepare")
    assert error.message == "The licence is not accepted."
    assert error.remedy == "Accept it on https://huggingface.co/me/tiny."
    assert len(stack.emails) == 1
    assert "https://huggingface.co/me/tiny" in stack.emails[0][1]
    assert len(fetches(stack)) == 1


def test_the_same_file_after_a_failure_starts_the_next_job(stack: Stack, tweets: bytes) -> None:
    # Given
    drop(stack, "tweets", tweets)
    tell_sweep(stack, end_job(stack, "Failed", exit_message="No.\nAccept the licence."))

    # When
    folder = drop(stack, "tweets", tweets)
    tell_sweep(stack, end_job(stack))

    # Then
    names = [str(each["ProcessingJobName"]) for each in fetches(stack)]
    assert [name.rpartition("-")[2] for name in names] == ["1", "2"]
    assert stack.run(folder).stage == "train"


def test_a_job_that_was_killed_is_started_again_twice(stack: Stack, tweets: bytes) -> None:
    # Given
    folder = drop(stack, "tweets", tweets)

    # When
    for _ in range(3):
        assert stack.run(folder).status == "running"
        tell_sweep(stack, end_job(stack, "Failed", failure_reason="InternalServerError"))

    # Then
    error = stack.run(folder).error
    assert len(fetches(stack)) == 3
    assert error
    assert "InternalServerError" in error.message
    assert "/aws/sagemaker/ProcessingJobs" in error.remedy


@pytest.mark.parametrize(
    ("details", "words"), [({"timed_out": True}, "time limit"), ({}, "stopped by hand")]
)
def test_a_stopped_job_is_not_started_again(
    stack: Stack, tweets: bytes, details: dict[str, Any], words: str
) -> None:
    # Given
    folder = drop(stack, "tweets", tweets)

    # When
    tell_sweep(stack, end_job(stack, "Stopped", **details))

    # Then
    error = stack.run(folder).error
    assert error
    assert words in error.message
    assert len(fetches(stack)) == 1


def test_the_sweep_leaves_a_waiting_run_alone_and_repairs_a_lost_event(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder = drop(stack, "tweets", tweets)
    before = sweep(stack)

    # When
    end_job(stack)
    sweep(stack)

    # Then
    assert before == [{"outcome": "left alone: waiting for SageMaker", "run": folder}]
    assert [name for name, _ in stack.sent] == ["prepare"]


def test_a_job_that_ended_before_the_run_was_noted_is_seen(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its event finds no run, so the function looks once more after it has noted the run."""
    # Given a job that ends while the second run is being noted
    drop(stack, "tweets", tweets)
    described = stack.sagemaker.processing_job

    def ends_meanwhile(name: str) -> Any:
        found = described(name)
        end_job(stack)
        return found

    monkeypatch.setattr(stack.sagemaker, "processing_job", ends_meanwhile)

    # When
    folder = drop(stack, "second", tweets)

    # Then
    assert stack.run(folder).stage == "train"


def test_a_model_that_was_deleted_is_fetched_again(stack: Stack, tweets: bytes) -> None:
    # Given
    drop(stack, "tweets", tweets)
    end_job(stack)
    stack.s3.delete_object(Bucket=BUCKET, Key="models/me/tiny/main/manifest.json")

    # When
    drop(stack, "second", tweets)

    # Then
    assert len({str(each["ProcessingJobName"]) for each in fetches(stack)}) == 2


def test_a_run_that_is_only_prepared_fetches_nothing(stack: Stack, tweets: bytes) -> None:
    # When
    folder = drop(stack, "tweets", tweets, f"base_model: {MODEL}\nstop_after: prepare")

    # Then
    assert stack.run(folder).status == "succeeded"
    assert stack.sagemaker.requests == []


def test_a_superseded_run_does_not_stop_the_shared_job(stack: Stack, tweets: bytes) -> None:
    # Given
    old = drop(stack, "tweets", tweets)

    # When
    new = drop(stack, "tweets", tweets + b"\none more good thing,positive")
    tell_sweep(stack, end_job(stack))

    # Then
    assert stack.run(old).status == "superseded"
    assert stack.run(new).stage == "train"
    assert stack.sagemaker.stopped == []
    assert len(fetches(stack)) == 1
