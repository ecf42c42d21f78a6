"""Training rows of another dataset are mixed in (`mix`), and the report tells of them."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.report import Report

pytestmark = pytest.mark.usefixtures("base_model")


def chats(count: int) -> bytes:
    """Return questions with answers."""
    return "\n".join(
        json.dumps({"prompt": f"what about this or that {n}?", "completion": f"it is {n * 7}"})
        for n in range(count)
    ).encode()


def prepared(stack: Stack, dataset: str, body: bytes, recipe: str = "") -> str:
    """Drop a file and call prepare and train; return the run's folder."""
    stack.drop(f"datasets/{dataset}/recipe.yaml", recipe.encode())
    stack.drop(f"datasets/{dataset}/rows.jsonl", body)
    folder: str = stack.prepare(f"datasets/{dataset}/rows.jsonl")["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    return folder


def training_request(stack: Stack) -> Mapping[str, Any]:
    """Return the last CreateTrainingJob request."""
    return [request for name, request in stack.sagemaker.requests if name == "CreateTrainingJob"][
        -1
    ]


def test_the_job_gets_the_training_rows_of_the_other_dataset(stack: Stack) -> None:
    # Given another dataset that is prepared, and a recipe that mixes it in
    other = prepared(stack, "general", chats(80))

    # When
    folder = prepared(stack, "orders", chats(60), "mix: {dataset: general, share: 0.25}")

    # Then a channel of its own names exactly its training rows
    channels = {
        each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri"]
        for each in training_request(stack)["InputDataConfig"]
    }
    assert channels["mix"] == f"s3://{BUCKET}/{other}/dataset/train.jsonl"
    config = json.loads(stack.read(f"{folder}/config/training.json"))
    assert config["mix_share"] == 0.25
    assert stack.run(folder).mixed == other


def test_the_report_tells_of_mixed_rows_and_of_test_rows_among_them(stack: Stack) -> None:
    # Given a run that mixes in the same rows under another name
    other = prepared(stack, "general", chats(60))
    folder = prepared(stack, "orders", chats(60), "mix: {dataset: general}\nsplit: {seed: 3}")
    name = stack.run(folder).name
    artifact = f"{folder}/model/x/output/model"
    summary = {"steps": 9, "planned_steps": 9, "train_rows": 48, "mixed_rows": 12}
    stack.drop(f"{artifact}/training_summary.json", json.dumps(summary).encode())

    # When it is evaluated
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://{BUCKET}/{artifact}/")
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    told = f"Of the 60 rows that the model was trained on, 12 were mixed in from {other}."
    assert told in report.learning
    assert told in stack.read(f"{folder}/report/report.html").decode()
    assert report.lineage.mixed == other
    assert any("the same as a training row" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("other", "rows", "reason"),
    [
        ("nowhere", None, "nowhere is not another dataset that is prepared"),
        ("orders", None, "orders is not another dataset that is prepared"),
        (
            "texts",
            [{"text": f"running text about number {n}, at length"} for n in range(60)],
            "the rows of texts are for pretraining, and those of this dataset for sft",
        ),
    ],
)
def test_a_dataset_that_cannot_be_mixed_in_is_refused_before_the_training(
    stack: Stack, other: str, rows: list[dict[str, str]] | None, reason: str
) -> None:
    # Given a recipe that names it
    if rows:
        prepared(stack, other, "\n".join(map(json.dumps, rows)).encode())
    jobs = len(stack.sagemaker.requests)

    # When
    folder = prepared(stack, "orders", chats(60), f"mix: {{dataset: {other}}}")

    # Then
    error = stack.run(folder).error
    assert error
    assert error.message == f"recipe.yaml: mix.dataset: {reason}."
    assert "or take mix out of recipe.yaml" in error.remedy
    assert len(stack.sagemaker.requests) == jobs
