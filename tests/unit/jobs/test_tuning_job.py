"""The request for a tuning job, and what all its training jobs cost."""

from typing import Any

import pytest

from tests.support.builders.runs import run_of
from tests.support.builders.training_document import SMALL
from tests.support.pipeline.request_policy import assert_valid_request
from tunedrop.documents.names import MAX_NAME
from tunedrop.errors import BudgetError
from tunedrop.jobs.pricing import Work, cap_hours, estimate, refuse_what_cannot_end
from tunedrop.jobs.training_job import METRICS, TrainingSettings
from tunedrop.jobs.tuning_job import tuning_job_request
from tunedrop.recipe.yaml_file import read_recipe

MILLION = 1_000_000
SETTINGS = TrainingSettings("image", "arn:aws:iam::111122223333:role/training", "tunedrop", 1000)
RUN = run_of("a dataset whose name is longer than any name of a job may be")


def request_of(recipe: str) -> dict[str, Any]:
    request = tuning_job_request(RUN, read_recipe(recipe.encode()), SMALL, SETTINGS)
    assert_valid_request("CreateHyperParameterTuningJob", request)
    return request


def test_the_request_says_what_the_recipe_asks_for() -> None:
    # When
    request = request_of(
        "tune: {jobs: 6, parallel: 3, strategy: random, parameters: {learning_rate: [1e-5, 1e-3], "
        "lora_rank: [8, 16, 32], epochs: [1, 3], batch_size: [2, 4]}}"
    )

    # Then
    config = request["HyperParameterTuningJobConfig"]
    assert len(request["HyperParameterTuningJobName"]) <= MAX_NAME
    assert config["Strategy"] == "Random"
    limits = config["ResourceLimits"]
    assert (limits["MaxNumberOfTrainingJobs"], limits["MaxParallelTrainingJobs"]) == (6, 3)
    assert config["ParameterRanges"] == {
        "ContinuousParameterRanges": [
            numbers("learning_rate", "1e-05", "0.001", "Logarithmic"),
            numbers("epochs", "1.0", "3.0", "Linear"),
        ],
        "IntegerParameterRanges": [numbers("batch_size", "2", "4", "Linear")],
        "CategoricalParameterRanges": [{"Name": "lora_rank", "Values": ["8", "16", "32"]}],
    }


def numbers(name: str, low: str, high: str, scale: str) -> dict[str, str]:
    return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scale}


def test_trials_are_compared_by_a_metric_that_the_job_logs() -> None:
    # When
    request = request_of("tune: {}")

    # Then
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    assert objective == {"Type": "Minimize", "MetricName": "validation:best_loss"}
    definition = request["TrainingJobDefinition"]
    assert objective["MetricName"] in METRICS
    assert {each["Name"] for each in definition["AlgorithmSpecification"]["MetricDefinitions"]} == (
        set(METRICS)
    )


def test_hyperband_stops_jobs_by_its_own_rule_only() -> None:
    early = "TrainingJobEarlyStoppingType"
    config = "HyperParameterTuningJobConfig"
    assert request_of("tune: {strategy: hyperband}")[config][early] == "Off"
    assert request_of("tune: {}")[config][early] == "Auto"


def test_several_instance_types_have_the_form_of_tuning_jobs() -> None:
    # When
    one = request_of("tune: {}")["TrainingJobDefinition"]
    recipe = "tune: {}\ntraining: {spot: false, instances: [ml.g6.2xlarge, ml.g5.2xlarge]}"
    two = request_of(recipe)["TrainingJobDefinition"]

    # Then
    assert one["ResourceConfig"]["InstanceType"] == "ml.g6.2xlarge"
    assert "ResourceConfig" not in two
    configs = two["HyperParameterTuningResourceConfig"]["InstanceConfigs"]
    assert [each["InstanceType"] for each in configs] == ["ml.g6.2xlarge", "ml.g5.2xlarge"]


def test_the_price_and_the_cap_are_those_of_all_jobs() -> None:
    # Given
    one = read_recipe(b"training: {max_hours: 100}")
    eight = read_recipe(b"training: {max_hours: 100}\ntune: {jobs: 8, parallel: 2}")

    # When
    single = estimate(one, Work(MILLION, 1_000 * MILLION, (3, 3)))
    tuned = estimate(eight, Work(MILLION, 1_000 * MILLION, (1, 3)))

    # Then
    assert single
    assert tuned
    assert tuned.high_usd == pytest.approx(8 * single.high_usd, abs=0.05)
    assert tuned.low_usd < 8 * single.low_usd + 0.05
    assert tuned.high_hours == pytest.approx(4 * single.high_hours, abs=0.01)
    assert cap_hours(eight) == pytest.approx(cap_hours(one) / 8)
    assert "For all 8 training jobs of the tuning, 2 at a time" in tuned.basis
    assert "1 to 3 times" in tuned.basis


def test_a_tuning_over_budget_is_refused_where_one_job_is_not() -> None:
    # Given a training of which one is within the budget
    recipes = [read_recipe(b"budget_usd: 1"), read_recipe(b"budget_usd: 1\ntune: {jobs: 50}")]
    one, fifty = [estimate(recipe, Work(MILLION, 1_000 * MILLION, (3, 3))) for recipe in recipes]

    # Then
    refuse_what_cannot_end(one)
    with pytest.raises(BudgetError, match=r"budget_usd is 1\.$"):
        refuse_what_cannot_end(fifty)
