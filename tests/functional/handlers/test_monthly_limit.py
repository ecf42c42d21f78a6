"""MaxMonthlyUsd: the training jobs of a month together cost no more than the stack allows."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.pipeline.drives import report_failure
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.trials import Trial
from tunedrop.recipe.instances import CATALOGUE

pytestmark = pytest.mark.usefixtures("base_model")
RECIPE = b"budget_usd: 10\ntraining: {instances: [ml.g6.2xlarge], max_hours: 24}"


def dropped(stack: Stack, dataset: str, tweets: bytes) -> str:
    """Drop a dataset and start its training; return the run's folder."""
    stack.drop(f"datasets/{dataset}/recipe.yaml", RECIPE)
    stack.drop(f"datasets/{dataset}/tweets.csv", tweets)
    folder: str = stack.prepare(f"datasets/{dataset}/tweets.csv")["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    return folder


def tuned(stack: Stack, dataset: str, tweets: bytes) -> str:
    """Start the tuning of a dataset, of at most 10 US dollars for all four jobs; return its job."""
    tune = b"\ntune: {jobs: 4, parameters: {learning_rate: [1e-5, 1e-2]}}"
    stack.drop(f"datasets/{dataset}/recipe.yaml", RECIPE + tune)
    stack.drop(f"datasets/{dataset}/tweets.csv", tweets)
    folder: str = stack.prepare(f"datasets/{dataset}/tweets.csv")["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    return stack.run(folder).name


def bills(stack: Stack) -> dict[str, float]:
    """Return the US dollars of each job of this month."""
    prefix = f"runs/_bills/{datetime.now(UTC):%Y-%m}/"
    found = [json.loads(stack.read(key)) for key in stack.keys(prefix)]
    return {each["job"]: each["usd"] for each in found}


def test_a_job_that_could_exceed_the_months_limit_is_not_started(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("MAX_MONTHLY_USD", "25")
    for dataset in ("one", "two"):
        dropped(stack, dataset, tweets)

    # When
    folder = dropped(stack, "three", tweets)
    report_failure(stack, folder)

    # Then
    assert len(stack.sagemaker.jobs) == 2
    error = stack.run(folder).error
    assert error
    assert error.code == "budget"
    assert "may cost up to $10.00" in error.message
    assert "cost up to $20.00 already, and it allows $25.00 a month" in error.message
    assert len(stack.emails) == 1
    assert bills(stack)[stack.run(folder).name] == 0


def test_the_bill_of_an_ended_job_replaces_the_most_it_could_cost(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("MAX_MONTHLY_USD", "25")
    folders = [dropped(stack, dataset, tweets) for dataset in ("one", "two")]
    for folder in folders:
        name = stack.run(folder).name
        stack.sagemaker.set_job(name, "Failed", billable_seconds=360, instance="ml.g6.2xlarge")

    # When
    third = dropped(stack, "three", tweets)

    # Then
    assert stack.run(third).status == "running"
    costs = [bills(stack)[stack.run(folder).name] for folder in folders]
    assert costs == [costs[0]] * 2
    assert 0 < costs[0] < 1


def test_the_bill_of_a_tuning_job_is_that_of_all_its_trials(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a running tuning job, whose bill is the most that all its jobs can cost
    monkeypatch.setenv("MAX_MONTHLY_USD", "100")
    name = tuned(stack, "tuned", tweets)
    dropped(stack, "two", tweets)
    reserved = bills(stack)[name]

    # When it has ended
    stack.sagemaker.set_trials(
        name,
        *(
            Trial(number, f"{name}-00{number}-0a1b2c3d", "Completed", {}, 0.5)
            for number in (1, 2, 3)
        ),
    )
    stack.sagemaker.set_tuning_job(name, "Completed")
    dropped(stack, "three", tweets)

    # Then
    assert reserved == pytest.approx(10, abs=0.01)
    price = CATALOGUE.instances["ml.g6.2xlarge"].training_usd
    assert price
    assert bills(stack)[name] == pytest.approx(3 * 60 / 3600 * price, abs=0.001)


def test_a_job_that_ended_before_it_ran_costs_nothing(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("MAX_MONTHLY_USD", "15")
    name = stack.run(dropped(stack, "one", tweets)).name
    stack.sagemaker.set_job(name, "Stopped", billable_seconds=None)

    # When
    second = stack.run(dropped(stack, "two", tweets))

    # Then
    assert second.status == "running"
    assert bills(stack)[name] == 0


def test_a_job_that_was_never_created_costs_nothing_after_an_hour(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("MAX_MONTHLY_USD", "15")
    name = stack.run(dropped(stack, "one", tweets)).name
    del stack.sagemaker.jobs[name]
    key = f"runs/_bills/{datetime.now(UTC):%Y-%m}/{name}.json"
    bill = json.loads(stack.read(key))
    refused = stack.run(dropped(stack, "two", tweets))

    # When
    bill["written"] = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds")
    stack.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(bill).encode())
    allowed = stack.run(dropped(stack, "three", tweets))

    # Then
    assert (refused.status, allowed.status) == ("failed", "running")


def test_the_same_event_again_reserves_nothing_twice(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("MAX_MONTHLY_USD", "12")
    folder = dropped(stack, "one", tweets)
    del stack.sagemaker.jobs[stack.run(folder).name]

    # When
    event = stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json")
    answer = stack.call("train", event)

    # Then
    assert answer["outcome"] == "training"
