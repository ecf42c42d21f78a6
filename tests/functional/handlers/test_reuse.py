"""A recipe that changes only what comes after the training uses the adapter that is there."""

import json

import msgspec
import pytest

from tests.support.pipeline.drives import KEY, sweep
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.report import Report

pytestmark = pytest.mark.usefixtures("base_model")

RECIPE = "datasets/tweets/recipe.yaml"


def finish(stack: Stack, key: str = KEY) -> str:
    """Bring the run of the newest upload to its end, as events do; returns its folder."""
    folder = str(stack.prepare(key)["run"])
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    if stack.run(folder).job:
        artifact = f"{folder}/model/x/output/model"
        stack.drop(f"{artifact}/adapter_model.safetensors", b"weights")
        stack.sagemaker.set_job(name, "Completed", artifact=f"s3://{BUCKET}/{artifact}/")
        stack.call("deploy", stack.event("training_job_completed", job=name))
    else:
        stack.call("deploy", stack.event("s3_adapter_reused", key=reuse_key(folder)))
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    return folder


def reuse_key(folder: str) -> str:
    return f"{folder}/config/reuse-1.json"


def jobs(stack: Stack) -> int:
    return len(stack.sagemaker.jobs)


def first_run(stack: Stack, tweets: bytes) -> str:
    stack.drop(KEY, tweets)
    return finish(stack)


def second_run(stack: Stack, recipe: bytes) -> str:
    stack.drop(RECIPE, recipe)
    return finish(stack, RECIPE)


@pytest.mark.parametrize(
    "recipe",
    [
        b"evaluate: {gate: {min_gain: 0.02}}",
        b"generation: {max_tokens: 40}",
        b"deploy: {keep: always, ttl_hours: 2}",
    ],
)
def test_what_comes_after_the_training_trains_nothing(
    stack: Stack, tweets: bytes, recipe: bytes
) -> None:
    # Given a run that has ended
    first = first_run(stack, tweets)

    # When a recipe comes that differs in one section
    second = second_run(stack, recipe)

    # Then the endpoint serves the adapter of the first run
    run = stack.run(second)
    assert (jobs(stack), run.status, run.reuses) == (1, "succeeded", stack.run(first).run)
    assert run.previous == stack.run(first).run
    models = [request for kind, request in stack.sagemaker.requests if kind == "CreateModel"]
    sources = [each["PrimaryContainer"]["AdditionalModelDataSources"] for each in models]
    assert sources[0] == sources[1]
    assert all(times.ended for times in run.stages.values())


def test_report_and_email_say_that_nothing_was_trained(stack: Stack, tweets: bytes) -> None:
    # Given
    first = first_run(stack, tweets).rpartition("/")[2]

    # When
    second = second_run(stack, b"evaluate: {gate: {min_gain: 0.02}}")

    # Then
    report = msgspec.json.decode(stack.read(f"{second}/report/report.json"), type=Report)
    sentence = f"Nothing was trained: this is the model of run {first}"
    assert report.cost.training_usd == 0.0
    assert sentence.encode() in stack.read(f"{second}/report/report.html")
    assert sentence in " ".join(stack.emails[-1][1].split())
    assert sentence not in " ".join(stack.emails[0][1].split())


@pytest.mark.parametrize(
    "recipe",
    [
        b"hyperparameters: {epochs: 1}",
        b"split: {seed: 5}",
        b"evaluate: {gate: {min_gain: 0.02}}\nbudget_usd: 3",
        b"system: Be brief.",
        b"learn: last",
        b"early_stopping: off",
        b"probe: off",
        b"deploy: {merge: true}",
    ],
)
def test_any_other_change_of_the_recipe_trains_anew(
    stack: Stack, tweets: bytes, recipe: bytes
) -> None:
    # Given
    first_run(stack, tweets)

    # When
    second = second_run(stack, recipe)

    # Then
    assert jobs(stack) == 2
    assert stack.run(second).reuses is None


def test_other_rows_that_are_mixed_in_are_trained_anew(stack: Stack, tweets: bytes) -> None:
    # Given a run with the rows of another dataset, and one that uses its adapter again
    stack.drop("datasets/more/rows.csv", tweets.replace(b"thing", b"matter"))
    finish(stack, "datasets/more/rows.csv")
    stack.drop(RECIPE, b"mix: {dataset: more}")
    first = first_run(stack, tweets)
    again = second_run(stack, b"mix: {dataset: more}\nevaluate: {gate: {min_gain: 0.02}}")
    assert stack.run(again).reuses == stack.run(first).run
    assert stack.run(again).mixed == stack.run(first).mixed

    # When the other dataset changes, and a recipe that differs in the evaluation comes
    stack.drop("datasets/more/rows.csv", tweets.replace(b"thing", b"affair"))
    finish(stack, "datasets/more/rows.csv")
    last = second_run(stack, b"mix: {dataset: more}\nevaluate: {gate: {min_gain: 0.03}}")

    # Then
    assert stack.run(last).reuses is None
    assert stack.run(last).mixed != stack.run(first).mixed


def test_an_adapter_is_used_again_across_several_recipes(stack: Stack, tweets: bytes) -> None:
    # Given a run, another training, and a recipe for the evaluation of the first
    first = first_run(stack, tweets)
    second_run(stack, b"hyperparameters: {epochs: 1}")
    third = second_run(stack, b"evaluate: {gate: {min_gain: 0.02}}")
    assert jobs(stack) == 2

    # When one more recipe changes the evaluation only
    fourth = second_run(stack, b"evaluate: {gate: {min_gain: 0.03}}")

    # Then both use the adapter of the first run
    assert jobs(stack) == 2
    trained = stack.run(first).run
    assert {stack.run(folder).reuses for folder in (third, fourth)} == {trained}


def test_an_adapter_that_is_gone_is_trained_anew(stack: Stack, tweets: bytes) -> None:
    # Given a run whose adapter was deleted
    first = first_run(stack, tweets)
    artifact = f"{first}/model/x/output/model/adapter_model.safetensors"
    stack.s3.delete_object(Bucket=BUCKET, Key=artifact)

    # When
    second_run(stack, b"evaluate: {gate: {min_gain: 0.02}}")

    # Then
    assert jobs(stack) == 2


def test_another_split_of_the_rows_is_trained_anew(stack: Stack, tweets: bytes) -> None:
    # Given a run whose training rows are not those of today's preparation
    first = first_run(stack, tweets)
    stack.drop(f"{first}/dataset/train.jsonl", b"other rows")

    # When
    second_run(stack, b"evaluate: {gate: {min_gain: 0.02}}")

    # Then
    assert jobs(stack) == 2


def test_an_upload_that_asks_for_a_new_run_trains_anew(stack: Stack, tweets: bytes) -> None:
    # Given
    first_run(stack, tweets)
    stack.drop(RECIPE, b"evaluate: {gate: {min_gain: 0.02}}")

    # When the same content comes with the mark of a rerun
    stack.drop(KEY, tweets, Metadata={"tunedrop-rerun": "true"})
    finish(stack)

    # Then
    assert jobs(stack) == 2


def test_an_adapter_that_was_served_differently_is_not_used(stack: Stack, tweets: bytes) -> None:
    # Given a run whose endpoint did not compute what was trained
    first = first_run(stack, tweets)
    run = json.loads(stack.read(f"{first}/run.json"))
    error = {"stage": "evaluate", "code": "served", "message": "m", "remedy": "r"}
    changed = {**run, "status": "failed", "error": error}
    stack.drop(f"{first}/run.json", json.dumps(changed).encode())

    # When
    second_run(stack, b"evaluate: {gate: {min_gain: 0.02}}")

    # Then
    assert jobs(stack) == 2


def test_sweep_calls_deploy_if_the_event_of_the_reuse_was_lost(stack: Stack, tweets: bytes) -> None:
    # Given a run that waits for the event of the adapter
    first_run(stack, tweets)
    stack.drop(RECIPE, b"evaluate: {gate: {min_gain: 0.02}}")
    folder = stack.prepare(RECIPE)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # When
    sweep(stack)

    # Then sweep sends it again, and it starts the endpoint
    function, event = stack.sent[-1]
    assert (function, event["detail"]["object"]["key"]) == ("deploy", reuse_key(folder))
    assert stack.call("deploy", event)["outcome"] == "deploying"


def test_a_train_event_that_comes_again_calls_deploy_again(stack: Stack, tweets: bytes) -> None:
    # Given a train function that was killed before it wrote the object that calls deploy
    first_run(stack, tweets)
    stack.drop(RECIPE, b"evaluate: {gate: {min_gain: 0.02}}")
    folder = stack.prepare(RECIPE)["run"]
    event = stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json")
    stack.call("train", event)
    stack.s3.delete_object(Bucket=BUCKET, Key=reuse_key(folder))

    # When its event comes again
    stack.call("train", event)

    # Then
    assert stack.read(reuse_key(folder))
    assert jobs(stack) == 1
