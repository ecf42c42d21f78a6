"""The state changes of a training job: transitions and events."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.support.local_aws.sagemaker.account import (
    ROLE,
)
from tests.support.local_aws.sagemaker.cloud import (
    EVENT_COPIES,
    Cloud,
    Events,
)
from tests.support.local_aws.sagemaker.requests import (
    training_request,
)

MEMBERS = {
    "TrainingJobName",
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
    "Tags",
}


def test_a_completed_job_has_transitions_and_times(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # When
    sagemaker.create_training_job(**training_request(name, "report"))

    # Then
    job = cloud.ended_job(name)
    transitions = job["SecondaryStatusTransitions"]
    assert [step["Status"] for step in transitions] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    for before, after in pairwise(transitions):
        assert before["StartTime"] <= before["EndTime"] == after["StartTime"]
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"] >= 1


def test_events_carry_every_change_in_aws_spelling(
    cloud: Cloud, sagemaker: Any, name: str, events: Events
) -> None:
    """Each change has two events here, as AWS may send; times are milliseconds, tags a map."""
    # Given
    tags = [{"Key": "run", "Value": "abc"}, {"Key": "team", "Value": "data"}]

    # When
    sagemaker.create_training_job(**training_request(name, "report", Tags=tags))

    # Then
    received = events.until(lambda event: event["detail"]["SecondaryStatus"] == "Completed")
    statuses = [event["detail"]["SecondaryStatus"] for event in received]
    changes = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert sorted(statuses) == sorted(changes * EVENT_COPIES)
    last = next(e for e in received if e["detail"]["SecondaryStatus"] == "Completed")
    detail = last["detail"]
    job = cloud.ended_job(name)
    assert last["source"] == "aws.sagemaker"
    assert last["detail-type"] == "SageMaker Training Job State Change"
    assert last["resources"] == [job["TrainingJobArn"]]
    assert set(detail) == MEMBERS
    assert detail["Tags"] == {"run": "abc", "team": "data"}
    assert detail["RoleArn"] == ROLE
    assert detail["CreationTime"] == round(job["CreationTime"].timestamp() * 1000)
    assert detail["SecondaryStatusTransitions"][0]["StartTime"] >= detail["CreationTime"]
