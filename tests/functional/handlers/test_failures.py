"""Every failure ends in one email that says what happened and what to do; nothing stays on."""

import json

import msgspec
import pytest

from tests.support.pipeline.drives import KEY, deployed, report_failure, trained
from tests.support.pipeline.fakes import FakeInference
from tests.support.pipeline.stack import EVENTS, Stack
from tunedrop.documents.run import Failure


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "dataset"), (b"\x89PNG\r\n\x1a\n\x00\x00", "dataset"), (b"text,label\n", "dataset")],
    ids=["empty", "a picture", "a header and nothing else"],
)
def test_given_an_unusable_file_when_it_is_dropped_then_one_email_says_so(
    stack: Stack, body: bytes, code: str
) -> None:
    stack.drop(KEY, body)
    folder = stack.prepare(KEY)["run"]
    for _ in range(2):
        report_failure(stack, folder)

    run = stack.run(folder)
    assert run.status == "failed"
    assert run.error
    assert run.error.code == code
    assert len(stack.emails) == 1
    assert run.error.remedy in " ".join(stack.emails[0][1].split())
    assert stack.keys("runs/_active/") == []


def test_given_a_file_of_bad_rows_when_it_is_dropped_then_the_email_lists_what_is_wrong_with_them(
    stack: Stack,
) -> None:
    stack.drop("datasets/chat/chat.jsonl", b'{"messages": [}\n' * 30 + b'{"messages": []}\n' * 40)
    folder = stack.prepare("datasets/chat/chat.jsonl")["run"]
    report_failure(stack, folder)

    failure = json.loads(stack.read(f"{folder}/failure/1.json"))
    assert [problem["rows"] for problem in failure["problems"]] == [40, 30]
    assert stack.run(folder).error == msgspec.convert(failure, Failure)
    body = stack.emails[0][1]
    assert "40 rows with a missing or empty value" in body
    assert "Example   line 31 of chat.jsonl: messages is an empty list." in body
    assert f"{folder}/dataset/rejected.jsonl ." in body
    assert stack.read(f"{folder}/dataset/rejected.jsonl").count(b"\n") == 70


def test_given_an_invalid_recipe_when_data_is_dropped_then_the_email_names_the_line(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"task: classification\nspilt: {test: 0.2}\n")
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    report_failure(stack, folder)

    body = " ".join(stack.emails[0][1].split())
    assert "line 2" in body
    assert "did you mean 'split'" in body


def test_given_no_base_model_when_training_is_to_start_then_the_email_says_how_to_put_it_there(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    report_failure(stack, folder)

    assert stack.sagemaker.requests == []
    error = stack.run(folder).error
    assert error
    assert error.code == "base_model"
    assert "manifest.json" in stack.emails[0][1]


@pytest.mark.usefixtures("base_model")
def test_given_a_tight_budget_when_the_data_is_dropped_then_it_is_refused_before_any_training(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"budget_usd: 0.001")
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    report_failure(stack, folder)

    error = stack.run(folder).error
    assert error
    assert (error.stage, error.code) == ("prepare", "budget")
    assert f"{folder}/dataset/dataset.json" not in stack.keys(folder)
    assert b"Not trained: over budget" in stack.read(f"{folder}/dataset/dataset.html")
    assert "budget_usd is 0.001" in stack.emails[0][1]


def test_given_a_tight_budget_when_the_base_model_comes_after_the_data_then_train_makes_no_job(
    stack: Stack, tweets: bytes, request: pytest.FixtureRequest
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"budget_usd: 0.001")
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    assert stack.run(folder).estimate is None
    request.getfixturevalue("base_model")
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    error = stack.run(folder).error
    assert error
    assert (error.stage, error.code) == ("train", "budget")
    assert stack.sagemaker.requests == []


@pytest.mark.usefixtures("base_model")
def test_given_a_failed_job_when_its_event_comes_twice_then_one_email_gives_its_reason(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    stack.sagemaker.set_job(name, "Failed", failure_reason="AlgorithmError: loss is nan")
    for _ in range(2):
        stack.call("report_failure", stack.event("training_job_failed", job=name))

    assert len(stack.emails) == 1
    assert "loss is nan" in stack.emails[0][1]


@pytest.mark.usefixtures("base_model")
def test_given_a_failed_endpoint_when_its_event_comes_then_it_is_deleted_and_told(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = deployed(stack, tweets)
    stack.sagemaker.set_endpoint(name, "Failed", "the container did not pass its health check")
    stack.call("report_failure", stack.event("endpoint_failed", endpoint=name))

    assert stack.sagemaker.endpoints == {}
    assert stack.run(folder).status == "failed"
    assert "health check" in stack.emails[0][1]


@pytest.mark.usefixtures("base_model")
def test_given_an_endpoint_that_stops_answering_when_evaluated_then_one_email_and_no_endpoint(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = deployed(stack, tweets)
    stack.inference = FakeInference(broken=True)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    report_failure(stack, folder)

    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1
    assert stack.sagemaker.endpoints == {}


def test_given_a_dead_letter_when_it_arrives_then_its_run_ends_with_one_email(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    for _ in range(2):
        stack.call("report_failure", json.loads((EVENTS / "sqs_dead_letter.json").read_text()))

    error = stack.run(folder).error
    assert error
    assert error.code == "stage"
    assert "timed out" in error.message
    assert len(stack.emails) == 1


def test_given_somebody_elses_job_when_it_completes_or_fails_then_nothing_happens(
    stack: Stack,
) -> None:
    event = stack.event("training_job_completed", job="a-job-of-theirs")
    assert stack.call("deploy", event)["outcome"].startswith("ignored")
    event = stack.event("training_job_failed", job="a-job-of-theirs")
    assert stack.call("report_failure", event)[0]["outcome"].startswith("ignored")
    event = stack.event("s3_run_failed")
    assert stack.call("report_failure", event)[0]["outcome"].startswith("ignored")
    assert stack.emails == []


@pytest.mark.usefixtures("base_model")
def test_given_a_superseded_run_when_its_job_completes_late_then_no_endpoint_is_made(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = trained(stack, tweets)
    stack.drop(KEY, tweets + b"\none more good thing,positive")
    stack.prepare(KEY)
    stack.call("deploy", stack.event("training_job_completed", job=name))

    assert stack.run(folder).status == "superseded"
    assert stack.sagemaker.endpoints == {}
