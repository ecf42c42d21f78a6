"""Preferences, judged answers and running text pass through all stages to a report of their own."""

import json
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from tests.support.pipeline.stack import Stack
from tunedrop.documents.report import Report

ROWS = 240
PREFERENCES = [
    {"prompt": f"what about {n}?", "chosen": f"this {n}", "rejected": f"something worse {n}"}
    for n in range(ROWS)
]
JUDGED = [
    {
        "prompt": f"what about {n}?",
        "completion": f"this {n}" if n % 2 else f"something worse {n}",
        "label": bool(n % 2),
    }
    for n in range(ROWS)
]
TEXTS = "\n\n".join(f"Paragraph {n} speaks of {n * 7} things." for n in range(ROWS))


def as_lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize(
    ("name", "body", "technique", "metric"),
    [
        ("pairs.jsonl", as_lines(PREFERENCES), "dpo", "likelihood margin"),
        ("judged.jsonl", as_lines(JUDGED), "kto", "likelihood margin"),
        ("book.txt", TEXTS.encode(), "pretraining", "perplexity"),
    ],
)
def test_a_file_is_trained_by_its_technique_and_judged_by_likelihood(
    stack: Stack, name: str, body: bytes, technique: str, metric: str
) -> None:
    # Given a dropped file, prepared
    key = f"datasets/d/{name}"
    stack.drop(key, body)
    folder = stack.prepare(key)["run"]
    run = stack.run(folder)
    assert run.status == "running", run.error

    # When its training is started
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # Then training.json names the technique
    config = json.loads(stack.read(f"{folder}/config/training.json"))
    assert (config["technique"], config["learn"]) == (technique, "all")

    # When it is deployed and evaluated
    run_name = stack.run(folder).name
    artifact = f"s3://b/{folder}/model/x/output/model/"
    stack.sagemaker.set_job(run_name, "Completed", artifact=artifact)
    stack.call("deploy", stack.event("training_job_completed", job=run_name))
    stack.sagemaker.set_endpoint(run_name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=run_name))

    # Then the report, its page and the email speak of its metric
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    assert report.verdict == "better"
    assert report.gate
    assert report.gate.decision == "ship"
    assert report.metrics[report.primary_metric].title == metric
    page = stack.read(f"{folder}/report/report.html").decode()
    assert "no answer was generated" in page
    ((subject, text),) = stack.emails
    assert metric in subject
    assert metric in text
