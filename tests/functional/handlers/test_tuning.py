"""A run whose recipe tunes: one tuning job, whose best training job is deployed."""

import msgspec
import pytest

from tests.support.pipeline.drives import KEY, report_failure, sweep
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.report import Report
from tunedrop.documents.trials import Trial

RECIPE_KEY = "datasets/tweets/recipe.yaml"
RECIPE = b"tune: {jobs: 3, parameters: {learning_rate: [1e-5, 1e-2], lora_rank: [8, 64]}}"


def tuning(stack: Stack, tweets: bytes) -> tuple[str, str]:
    """Bring a run to its tuning job; returns its folder and its name."""
    stack.drop("datasets/tweets/recipe.yaml", RECIPE)
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    return folder, stack.run(folder).name


def give_trials(stack: Stack, name: str) -> None:
    """Let the tuning job have four trials: good, best, failed, and stopped early."""
    values = {"learning_rate": "2E-4", "lora_rank": "8"}
    best = {"learning_rate": "0.003", "lora_rank": "33"}
    stack.sagemaker.set_trials(
        name,
        Trial(1, f"{name}-001-0a1b2c3d", "Completed", values, 0.8, 60.0),
        Trial(2, f"{name}-002-1a1b2c3d", "Completed", best, 0.6, 60.0),
        Trial(3, f"{name}-003-2a1b2c3d", "Failed", values, None, 5.0, "AlgorithmError: too large"),
        Trial(4, f"{name}-004-3a1b2c3d", "Stopped", values, 0.5, 20.0),
    )


def tuned_and_deployed(stack: Stack, tweets: bytes) -> None:
    """Bring a run to its endpoint, with the adapter of its best trial in the bucket."""
    folder, name = tuning(stack, tweets)
    give_trials(stack, name)
    best, artifact = f"{name}-002-1a1b2c3d", f"{folder}/model/best/output/model"
    stack.drop(f"{artifact}/adapter_model.safetensors", b"weights")
    stack.sagemaker.set_job(best, "Completed", artifact=f"s3://{BUCKET}/{artifact}/")
    stack.sagemaker.set_tuning_job(name, "Completed")
    stack.call("deploy", stack.event("tuning_job_completed", tuning_job=name))


def start_again(stack: Stack, recipe: bytes) -> str:
    """Drop another recipe and start what comes after the preparation; return the run's folder."""
    stack.drop(RECIPE_KEY, recipe)
    folder: str = stack.prepare(RECIPE_KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    return folder


@pytest.mark.usefixtures("base_model")
def test_the_best_trial_is_deployed_and_all_are_reported(stack: Stack, tweets: bytes) -> None:
    # Given a tuning job that has ended
    folder, name = tuning(stack, tweets)
    give_trials(stack, name)
    stack.sagemaker.set_tuning_job(name, "Completed")

    # When
    for _ in range(2):
        stack.call("deploy", stack.event("tuning_job_completed", tuning_job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then the endpoint has the best adapter, and room for its rank
    operations = [operation for operation, _ in stack.sagemaker.requests]
    assert operations == [
        "CreateHyperParameterTuningJob",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
    ]
    container = stack.sagemaker.requests[1][1]["PrimaryContainer"]
    artifact = container["AdditionalModelDataSources"][0]["S3DataSource"]["S3Uri"]
    assert artifact == f"s3://b/model/{name}-002-1a1b2c3d/"
    assert container["Environment"]["SM_VLLM_MAX_LORA_RANK"] == "64"

    # And the report has all trials, and the cost of all of them
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    assert report.trials
    assert report.trials.best == 2
    assert [trial.loss for trial in report.trials.trials] == [0.8, 0.6, None, 0.5]
    assert report.cost.billable_seconds == 4 * 60
    told = {each.name: (each.value, each.reason) for each in report.hyperparameters}
    assert told["learning_rate"] == (0.003, "the best of 4 trials")
    assert told["lora_rank"] == (33, "the best of 4 trials")
    page = stack.read(f"{folder}/report/report.html").decode()
    assert "25.0% less than the first trial&#39;s 0.8" in page
    assert "AlgorithmError: too large" in page


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_a_trial_that_ends_changes_nothing(stack: Stack, tweets: bytes, status: str) -> None:
    # Given
    folder, name = tuning(stack, tweets)
    give_trials(stack, name)
    event = stack.event("training_job_completed", job=f"{name}-001-0a1b2c3d")
    event["detail"]["TrainingJobStatus"] = status

    # When
    for function in ("deploy", "report_failure"):
        stack.call(function, event)

    # Then
    run = stack.run(folder)
    assert (run.status, run.stage) == ("running", "train")
    assert stack.emails == []


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("Failed", "failed: All failed. The first of them, {name}-003-2a1b2c3d: AlgorithmError"),
        ("Stopped", "The tuning job {name} was stopped by hand."),
    ],
)
def test_a_tuning_that_fails_ends_the_run(
    stack: Stack, tweets: bytes, status: str, words: str
) -> None:
    # Given
    folder, name = tuning(stack, tweets)
    give_trials(stack, name)
    stack.sagemaker.set_tuning_job(name, status, failure_reason="All failed.")

    # When
    stack.call("report_failure", stack.event("tuning_job_failed", tuning_job=name))

    # Then
    run = stack.run(folder)
    assert run.status == "failed"
    assert run.error
    assert words.format(name=name) in run.error.message
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_a_tuning_without_a_loss_ends_the_run(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = tuning(stack, tweets)
    stack.sagemaker.set_tuning_job(name, "Completed")

    # When
    stack.call("deploy", stack.event("tuning_job_completed", tuning_job=name))

    # Then
    error = stack.run(folder).error
    assert error
    assert "none of its trials has a validation loss" in error.message


@pytest.mark.usefixtures("base_model")
def test_a_newer_drop_stops_the_tuning(stack: Stack, tweets: bytes) -> None:
    # Given
    _, name = tuning(stack, tweets)

    # When
    stack.drop(KEY, tweets + b"\nanother good thing,positive")
    stack.prepare(KEY)

    # Then
    assert stack.sagemaker.stopped == [name]


@pytest.mark.usefixtures("base_model")
def test_cancel_stops_the_tuning(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = tuning(stack, tweets)

    # When
    stack.drop("datasets/tweets/cancel", b"")
    stack.prepare("datasets/tweets/cancel")
    report_failure(stack, folder)

    # Then
    assert stack.sagemaker.stopped == [name]
    assert stack.run(folder).status == "failed"
    assert len(stack.emails) == 1


@pytest.mark.usefixtures("base_model")
def test_a_new_gate_uses_the_best_trial_as_it_was_trained(stack: Stack, tweets: bytes) -> None:
    # Given a tuned run, and the adapter of its best trial in the bucket
    tuned_and_deployed(stack, tweets)

    # When a recipe comes that differs in what comes after the training
    second = start_again(stack, RECIPE + b"\nevaluate: {gate: {min_gain: 0.02}}")
    (told,) = stack.keys(f"{second}/config/reuse-")
    stack.call("deploy", stack.event("s3_adapter_reused", key=told))
    stack.sagemaker.set_endpoint(stack.run(second).name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=stack.run(second).name))

    # Then nothing is trained, and the endpoint is the same but for its name
    operations = [operation for operation, _ in stack.sagemaker.requests]
    assert operations.count("CreateHyperParameterTuningJob") == 1
    assert "CreateTrainingJob" not in operations
    models = [request for kind, request in stack.sagemaker.requests if kind == "CreateModel"]
    assert models[0]["PrimaryContainer"] == models[1]["PrimaryContainer"]
    report = msgspec.json.decode(stack.read(f"{second}/report/report.json"), type=Report)
    told_rank = {each.name: each.value for each in report.hyperparameters}["lora_rank"]
    assert (told_rank, report.trials and report.trials.best) == (33, 2)
    assert report.cost.training_usd == 0.0


@pytest.mark.usefixtures("base_model")
def test_another_search_trains_anew(stack: Stack, tweets: bytes) -> None:
    # Given a tuned run that has left its adapter
    tuned_and_deployed(stack, tweets)

    # When
    second = start_again(stack, RECIPE.replace(b"jobs: 3", b"jobs: 4"))

    # Then
    assert stack.run(second).reuses is None
    assert len(stack.sagemaker.tuning_jobs) == 2


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize(
    ("status", "function"), [("Completed", "deploy"), ("Failed", "report_failure")]
)
def test_a_lost_event_of_a_tuning_is_sent_again(
    stack: Stack, tweets: bytes, status: str, function: str
) -> None:
    # Given
    _, name = tuning(stack, tweets)
    stack.sagemaker.set_tuning_job(name, status)

    # When
    sweep(stack)

    # Then
    sent, event = stack.sent[0]
    assert sent == function
    assert event["detail"] == {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobStatus": status,
    }
