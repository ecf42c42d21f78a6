"""Tuning jobs on botocore's stubs: their state, their trials, and how they are stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tunedrop.aws.sagemaker import SageMakerService
from tunedrop.documents.trials import Trial
from tunedrop.ports.sagemaker import TuningJob

NAME = "tweets-0a1b2c3d4e5f-1"
BEGAN = datetime(2026, 11, 28, tzinfo=UTC)
DESCRIBE, STOP = "describe_hyper_parameter_tuning_job", "stop_hyper_parameter_tuning_job"
LIST = "list_training_jobs_for_hyper_parameter_tuning_job"


def make_client() -> Any:
    return boto3.client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def described(status: str, **members: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": NAME,
        "HyperParameterTuningJobArn": f"arn:aws:sagemaker:us-east-1:111122223333:x/{NAME}",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "ResourceLimits": {"MaxParallelTrainingJobs": 1},
        },
        "HyperParameterTuningJobStatus": status,
        "CreationTime": BEGAN,
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
        **members,
    }


def summary(number: int, status: str, **members: Any) -> dict[str, Any]:
    name = f"{NAME}-{number:03}-0a1b2c3d"
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:111122223333:training-job/{name}",
        "CreationTime": BEGAN,
        "TrainingJobStatus": status,
        "TunedHyperParameters": {"learning_rate": "1E-4"},
        **members,
    }


def test_a_tuning_job_is_described_with_its_reason() -> None:
    # Given
    client = make_client()
    with Stubber(client) as stub:
        stub.add_response(DESCRIBE, described("Completed"))
        stub.add_response(DESCRIBE, described("Failed", FailureReason="All failed"))
        stub.add_client_error(DESCRIBE, "ResourceNotFound", "no")

        # When
        found = [SageMakerService(client).tuning_job(NAME) for _ in range(3)]

    # Then
    assert found == [TuningJob(NAME, "Completed"), TuningJob(NAME, "Failed", "All failed"), None]


def test_trials_come_from_all_pages() -> None:
    # Given two pages
    client = make_client()
    metric = {"MetricName": "validation:best_loss", "Value": 0.25, "Type": "Minimize"}
    first = summary(
        1,
        "Completed",
        TrainingStartTime=BEGAN,
        TrainingEndTime=BEGAN + timedelta(seconds=90),
        FinalHyperParameterTuningJobObjectiveMetric=metric,
    )
    second = summary(2, "Failed", FailureReason="too large")
    query = {
        "HyperParameterTuningJobName": NAME,
        "SortBy": "CreationTime",
        "SortOrder": "Ascending",
    }
    with Stubber(client) as stub:
        stub.add_response(LIST, {"TrainingJobSummaries": [first], "NextToken": "2"}, query)
        pages = {**query, "NextToken": "2"}
        stub.add_response(LIST, {"TrainingJobSummaries": [second]}, pages)

        # When
        trials = SageMakerService(client).trials(NAME)

    # Then
    values = {"learning_rate": "1E-4"}
    assert trials == [
        Trial(1, f"{NAME}-001-0a1b2c3d", "Completed", values, 0.25, 90.0),
        Trial(2, f"{NAME}-002-0a1b2c3d", "Failed", values, None, None, "too large"),
    ]


def stop(*statuses: str) -> None:
    """Stop a job whose stop is refused; it is described with these statuses."""
    client = make_client()
    with Stubber(client) as stub:
        for number, status in enumerate(statuses):
            if number == 1:
                stub.add_client_error(STOP, "ThrottlingException", "later")
            stub.add_response(DESCRIBE, described(status))
        SageMakerService(client).stop_tuning_job(NAME)


def test_a_tuning_job_that_has_ended_is_not_stopped() -> None:
    stop("Completed")
    stop("InProgress", "Stopped")


def test_a_tuning_job_that_could_not_be_stopped_raises_the_error() -> None:
    with pytest.raises(ClientError, match="Throttling"):
        stop("InProgress", "InProgress")
