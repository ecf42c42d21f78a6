"""A recipe names an earlier run as its base model: the training starts from that run's adapter."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.drives import KEY, trained
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.report import Report

pytestmark = pytest.mark.usefixtures("base_model")

ARTIFACT = "model/x/output/model"
NEXT = "datasets/next/rows.csv"


def first_run(stack: Stack, tweets: bytes, recipe: bytes) -> str:
    """Bring a run to an endpoint, with its adapter in the bucket; returns `dataset/run`."""
    stack.drop(KEY.replace("tweets.csv", "recipe.yaml"), recipe)
    folder, name = trained(stack, tweets)
    complete(stack, folder, name)
    return folder.removeprefix("runs/")


def complete(stack: Stack, folder: str, name: str) -> None:
    """End the training job of a run and have its endpoint created."""
    stack.drop(f"{folder}/{ARTIFACT}/adapter_model.safetensors", b"weights")
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://{BUCKET}/{folder}/{ARTIFACT}/")
    stack.call("deploy", stack.event("training_job_completed", job=name))


def next_run(stack: Stack, tweets: bytes, recipe: str) -> str:
    """Drop the next dataset and start its training; returns the folder of its run."""
    stack.drop("datasets/next/recipe.yaml", recipe.encode())
    stack.drop(NEXT, tweets)
    folder: str = stack.prepare(NEXT)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    return folder


def channels(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the S3 URI of each channel of a CreateTrainingJob request."""
    return {
        each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri"]
        for each in request["InputDataConfig"]
    }


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_the_job_starts_from_the_earlier_adapter(stack: Stack, tweets: bytes, method: str) -> None:
    # Given a run that has left an adapter of rank 4
    earlier = first_run(stack, tweets, b"hyperparameters: {lora_rank: 4, lora_alpha: 8}")

    # When another dataset continues it
    folder = next_run(stack, tweets, f"base_model: run:{earlier}\nmethod: {method}")

    # Then its job gets the adapter, with the same base model, rank and alpha
    jobs = [request for kind, request in stack.sagemaker.requests if kind == "CreateTrainingJob"]
    first, second = map(channels, jobs)
    assert "adapter" not in first
    assert second["adapter"] == f"s3://{BUCKET}/runs/{earlier}/{ARTIFACT}/"
    assert second["model"] == first["model"]
    values = json.loads(stack.read(f"{folder}/config/training.json"))["hyperparameters"]
    assert (values["lora_rank"], values["lora_alpha"]) == (4, 8)


def test_the_report_names_the_run_that_was_continued(stack: Stack, tweets: bytes) -> None:
    # Given a run that continues another
    earlier = first_run(stack, tweets, b"")
    folder = next_run(stack, tweets, f"base_model: run:{earlier}")
    name = stack.run(folder).name

    # When it is evaluated
    complete(stack, folder, name)
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    told = f"The training started from the adapter of runs/{earlier}."
    assert report.lineage.continues == f"runs/{earlier}"
    assert told in report.learning
    assert told in stack.read(f"{folder}/report/report.html").decode()


@pytest.mark.parametrize(
    ("before", "recipe", "reason"),
    [
        ("", "base_model: run:tweets/abc", "there is no trained run tweets/abc"),
        (
            "hyperparameters: {lora_rank: 4}",
            "base_model: run:{}\nhyperparameters: {{lora_rank: 8}}",
            "has rank 4, and hyperparameters or tune in this recipe name another lora_rank",
        ),
        ("method: full", "base_model: run:{}", "has the method full, and this recipe lora"),
        ("", "base_model: run:{}\nmethod: full", "has the method lora, and this recipe full"),
    ],
)
def test_a_run_that_cannot_be_continued_is_refused(
    stack: Stack, tweets: bytes, before: str, recipe: str, reason: str
) -> None:
    # Given
    earlier = first_run(stack, tweets, before.encode())
    jobs = len(stack.sagemaker.jobs)

    # When
    stack.drop("datasets/next/recipe.yaml", recipe.format(earlier).encode())
    stack.drop(NEXT, tweets)
    folder = stack.prepare(NEXT)["run"]

    # Then
    error = stack.run(folder).error
    assert error
    assert error.message.startswith("recipe.yaml: base_model: ")
    assert reason in error.message
    assert "or a base model of the hub" in error.remedy
    assert len(stack.sagemaker.jobs) == jobs


def test_an_adapter_that_was_deleted_is_missed_before_the_job(stack: Stack, tweets: bytes) -> None:
    # Given
    earlier = first_run(stack, tweets, b"")
    stack.s3.delete_object(
        Bucket=BUCKET, Key=f"runs/{earlier}/{ARTIFACT}/adapter_model.safetensors"
    )
    jobs = len(stack.sagemaker.jobs)

    # When
    folder = next_run(stack, tweets, f"base_model: run:{earlier}")

    # Then
    error = stack.run(folder).error
    assert error
    assert "has been deleted" in error.message
    assert len(stack.sagemaker.jobs) == jobs
