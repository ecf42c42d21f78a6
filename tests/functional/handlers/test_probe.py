"""A training job tries learning rates first, and the report has what it found."""

import json
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.drives import trained
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.report import Report

MODEL = "models/HuggingFaceTB/SmolLM2-135M-Instruct/main/"
RECIPE = "datasets/tweets/recipe.yaml"
LONG = b"hyperparameters: {epochs: 100}\nbudget_usd: 100\n"
"""A training for which the estimate cannot say that it takes less than ten minutes."""


def trial(number: int, rate: float, loss: float) -> dict[str, Any]:
    """Return a trial as the training container writes it."""
    return {
        "number": number,
        "job": "tweets-0123456789ab-1",
        "status": "Completed",
        "values": {"learning_rate": f"{rate:g}"},
        "loss": loss,
        "seconds": 20.5,
        "reason": None,
    }


def prepare_large_model(stack: Stack) -> None:
    """Let the base model be so large that its training takes long."""
    manifest = json.loads(stack.read(f"{MODEL}manifest.json"))
    stack.drop(
        f"{MODEL}manifest.json", json.dumps(manifest | {"parameters": 8_000_000_000}).encode()
    )
    stack.drop(f"{MODEL}config.json", b'{"hidden_size": 4096, "model_type": "llama"}')


def evaluated(stack: Stack, tweets: bytes, summary: dict[str, Any]) -> str:
    """Bring a run to its report, with a summary of its training; return its folder."""
    folder, name = trained(stack, tweets)
    stack.drop(f"{folder}/model/x/training_summary.json", json.dumps(summary).encode())
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://{BUCKET}/{folder}/model/x/")
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    return folder


@pytest.mark.usefixtures("base_model")
def test_the_rates_are_told_before_and_what_they_gave_after(stack: Stack, tweets: bytes) -> None:
    # Given a long training, whose job found that another rate is better
    prepare_large_model(stack)
    stack.drop(RECIPE, LONG)
    trials = [trial(1, 2.9e-4, 0.8), trial(2, 1.2e-4, 0.6), trial(3, 7.2e-4, 1.2)]
    found = {
        "learning_rate": 1.2e-4,
        "source": "probe",
        "reason": "the best of 3 rates that were tried first; the rule's is 0.00029",
        "seconds": 61.5,
        "trials": {"best": 2, "trials": trials},
    }

    # When
    folder = evaluated(stack, tweets, {"steps": 9, "probe": found})

    # Then the rates stand in training.json, and beside the learning rate in dataset.json
    config = json.loads(stack.read(f"{folder}/config/training.json"))
    assert config["version"] == 4
    assert config["probe"]["rates"] == [2.9e-4, 1.2e-4, 7.2e-4]
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    before = {each.name: each.reason for each in dataset.hyperparameters}
    assert "tries 0.00012 and 0.00072 too" in before["learning_rate"]

    # And the report has the trials, and the rate that was used with its reason
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    after = {each.name: (each.value, each.reason) for each in report.hyperparameters}
    assert after["learning_rate"] == (1.2e-4, found["reason"])
    assert after["epochs"] == (100, "given in the recipe")
    assert report.probe
    assert report.probe.trials
    assert [each.loss for each in report.probe.trials.trials] == [0.8, 0.6, 1.2]
    page = stack.read(f"{folder}/report/report.html").decode()
    assert "The model was trained with 0.00012: the best of 3 rates" in page


@pytest.mark.usefixtures("base_model")
def test_a_short_training_is_as_without_a_probe(stack: Stack, tweets: bytes) -> None:
    # Given a training of a minute, whose job tells why it tried nothing
    reason = "the training takes 1 min at most"
    found = {"learning_rate": 3e-4, "source": "rule", "reason": reason, "trials": None}

    # When
    folder = evaluated(stack, tweets, {"steps": 9, "probe": found})

    # Then
    config = json.loads(stack.read(f"{folder}/config/training.json"))
    assert (config["probe"]["rates"], config["probe"]["reason"]) == ([], reason)
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    assert report.hyperparameters == dataset.hyperparameters
    assert "tried first" not in stack.read(f"{folder}/report/report.html").decode()
