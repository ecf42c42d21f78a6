"""What CreateHyperParameterTuningJob refuses, as AWS does, and what is not emulated."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.requests import tuning_request


def refusal(sagemaker: Any, request: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        sagemaker.create_hyper_parameter_tuning_job(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def changed(name: str, place: str, **members: Any) -> dict[str, Any]:
    """A request whose config or definition has other members."""
    request = tuning_request(name, "try_rate", jobs=2)
    request[place] = {**request[place], **members}
    return request


CONFIG, DEFINITION = "HyperParameterTuningJobConfig", "TrainingJobDefinition"
RATE = {"Name": "rate", "MinValue": "0.1", "MaxValue": "1"}


def test_names_have_at_most_32_characters(sagemaker: Any) -> None:
    # Given
    request = tuning_request("a" * 33, "try_rate", jobs=2)

    # Then
    code, message = refusal(sagemaker, request)
    assert code == "ValidationException"
    assert "Member must have length less than or equal to 32" in message


def test_a_second_job_of_the_same_name_is_refused(sagemaker: Any, name: str) -> None:
    # Given
    request = tuning_request(name, "try_rate", jobs=2)
    sagemaker.create_hyper_parameter_tuning_job(**request)

    # Then
    assert refusal(sagemaker, request)[0] == "ResourceInUse"


def test_a_missing_job_is_not_found(sagemaker: Any, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"ParameterRanges": {}}, "At least one hyperparameter range"),
        ({"Strategy": "Grid"}, "only supports categorical"),
        (
            {"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"},
            "must be Off for Hyperband",
        ),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, "MaxNumberOfTrainingJobs is required"),
        (
            {"ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2}},
            "must not be greater than MaxNumberOfTrainingJobs",
        ),
        (
            {"ParameterRanges": {"ContinuousParameterRanges": [{**RATE, "MaxValue": "0"}]}},
            "MinValue of rate must not be greater",
        ),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [RATE]}},
            "The range of rate must have whole numbers",
        ),
        (
            {"ParameterRanges": {"ContinuousParameterRanges": [RATE, RATE]}},
            "rate is specified more than once",
        ),
        (
            {
                "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "speed"},
            },
            "The objective metric speed is not among the MetricDefinitions",
        ),
    ],
)
def test_contradictions_are_refused(
    sagemaker: Any, name: str, members: dict[str, Any], words: str
) -> None:
    code, message = refusal(sagemaker, changed(name, CONFIG, **members))

    assert code == "ValidationException"
    assert words in message


@pytest.mark.parametrize(
    ("place", "members"),
    [
        (
            CONFIG,
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "loss"}},
        ),
        (CONFIG, {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 1.0}}),
        (DEFINITION, {"RetryStrategy": {"MaximumRetryAttempts": 2}}),
    ],
)
def test_what_is_not_emulated_is_refused_by_name(
    sagemaker: Any, name: str, place: str, members: dict[str, Any]
) -> None:
    assert refusal(sagemaker, changed(name, place, **members))[0] == "NotEmulated"


def test_the_definition_is_checked_like_a_training_job(sagemaker: Any, name: str) -> None:
    # Given spot without a waiting time
    request = changed(name, DEFINITION, EnableManagedSpotTraining=True)

    # Then
    assert "MaxWaitTimeInSeconds" in refusal(sagemaker, request)[1]
