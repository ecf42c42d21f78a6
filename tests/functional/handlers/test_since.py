"""A run's report and email compare its tuned model with that of the run before it."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.drives import KEY
from tests.support.pipeline.fakes import FakeInference
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.answers import Answer, TokenLikelihood
from tunedrop.documents.report import Report
from tunedrop.jobs.base_model import model_prefix
from tunedrop.recipe.schema import Recipe

pytestmark = pytest.mark.usefixtures("base_model")

TWEETS = "\n".join(
    ["text,label"]
    + [f"this is a good thing number {n},positive" for n in range(150)]
    + [f"this is a bad thing number {n},negative" for n in range(150)]
).encode()


class WorseInference(FakeInference):
    """A tuned model that always says the same."""

    async def chat(self, endpoint: str, payload: Mapping[str, Any]) -> Answer:
        answer = await super().chat(endpoint, payload)
        return Answer("negative") if payload["model"] == "tuned" else answer


class UntunedInference(FakeInference):
    """A tuned model to which all answers are as likely as to the base model."""

    async def likelihoods(self, endpoint: str, payload: Mapping[str, Any]) -> list[TokenLikelihood]:
        return await super().likelihoods(endpoint, {**payload, "model": "base"})


def finish(stack: Stack, key: str) -> str:
    """Bring the run of the newest upload to its end; returns its folder."""
    folder = str(stack.prepare(key)["run"])
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    artifact = f"s3://{BUCKET}/{folder}/model/x/output/model/"
    stack.sagemaker.set_job(name, "Completed", artifact=artifact)
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    assert stack.run(folder).status == "succeeded"
    return folder


def report_of(stack: Stack, folder: str) -> Report:
    return msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)


def test_the_difference_to_the_run_before_is_told_and_linked(stack: Stack) -> None:
    # Given a run with a poor tuned model
    stack.inference = WorseInference()
    stack.drop(KEY, TWEETS)
    first = finish(stack, KEY)
    assert report_of(stack, first).since is None

    # When another recipe leads to a better one
    stack.inference = FakeInference()
    stack.drop("datasets/tweets/recipe.yaml", b"hyperparameters: {epochs: 1}")
    second = finish(stack, "datasets/tweets/recipe.yaml")

    # Then the report has the difference on the common rows, and a link
    report = report_of(stack, second)
    assert report.since
    assert report.since.comparison
    gap = report.since.comparison.difference
    assert gap.n == report.comparisons[0].difference.n
    assert gap.low > 0.2
    page = stack.read(f"{second}/report/report.html").decode()
    assert f'href="../../{first.rpartition("/")[2]}/report/report.html"' in page
    email = " ".join(stack.emails[-1][1].split())
    assert "SINCE THE RUN BEFORE" in email
    assert f"It was run {first.rpartition('/')[2]}." in email
    assert "SINCE THE RUN BEFORE" not in stack.emails[0][1]


@pytest.mark.parametrize(
    ("row", "gain"),
    [
        ({"prompt": "{}?", "chosen": "this {}", "rejected": "something worse {}"}, "nats a token"),
        ({"text": "Paragraph {} speaks of many things."}, "perplexity"),
    ],
    ids=["preference", "pretraining"],
)
def test_likelihoods_are_compared_with_the_run_before(
    stack: Stack, row: dict[str, str], gain: str
) -> None:
    # Given a run whose adapter changed nothing
    rows = [{name: text.format(n) for name, text in row.items()} for n in range(300)]
    key = "datasets/techniques/rows.jsonl"
    stack.inference = UntunedInference()
    stack.drop(key, "\n".join(map(json.dumps, rows)).encode())
    finish(stack, key)

    # When another recipe leads to a better one
    stack.inference = FakeInference()
    stack.drop("datasets/techniques/recipe.yaml", b"hyperparameters: {epochs: 1}")
    second = finish(stack, "datasets/techniques/recipe.yaml")

    # Then the difference is that of the deciding metric, in its unit
    report = report_of(stack, second)
    assert report.since
    assert report.since.comparison
    gap, own = report.since.comparison.difference, report.comparisons[0].difference
    assert gap.n == own.n
    assert gap.value == pytest.approx(own.value)
    assert gap.low > 0
    assert gain in report.since.sentence


def test_likelihoods_of_another_base_model_are_not_compared(stack: Stack) -> None:
    # Given a finished run on running text
    rows = [{"text": f"Paragraph {n} speaks of many things."} for n in range(300)]
    key = "datasets/techniques/rows.jsonl"
    stack.drop(key, "\n".join(map(json.dumps, rows)).encode())
    finish(stack, key)

    # When another base model, with other tokens, is trained on the same text
    manifest = json.loads(stack.read(f"{model_prefix(Recipe())}manifest.json"))
    manifest["id"] = "another/model"
    other = Recipe(base_model="another/model")
    stack.drop(f"{model_prefix(other)}manifest.json", json.dumps(manifest).encode())
    stack.drop("datasets/techniques/recipe.yaml", b"base_model: another/model")
    second = finish(stack, "datasets/techniques/recipe.yaml")

    # Then
    assert report_of(stack, second).since is None


def test_another_file_without_common_rows_is_told_to_have_none(stack: Stack) -> None:
    # Given
    stack.drop(KEY, TWEETS)
    finish(stack, KEY)

    # When a file with other rows comes
    stack.drop(KEY, TWEETS.replace(b"thing", b"matter"))
    second = finish(stack, KEY)

    # Then
    found = report_of(stack, second).since
    assert found
    assert found.comparison is None
    assert b"no test row in common" in stack.read(f"{second}/report/report.html")
