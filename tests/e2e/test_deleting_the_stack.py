"""`sam delete`: the stack's jobs are stopped and its endpoints deleted, and nothing else's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.recipes import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

KEPT = f"{FAST}deploy: {{keep: always}}\n"
LONG = "hyperparameters: {epochs: 100, max_length: 256}\n"
FOREIGN = "tweets-0a1b2c3d4e5f-1"  # A name as this stack would give, in another stack.


@pytest.fixture
def own(tmp_path: Path, tiny_model: Path) -> Iterator[Cloud]:
    """A local AWS whose stack the test deletes."""
    cloud = Cloud(tmp_path, tiny_model)
    yield cloud
    assert cloud.stop() == 0


def test_deleting_the_stack_leaves_nothing_that_bills(own: Cloud) -> None:
    # Given
    own.drop("kept", labelled_rows(40), KEPT)
    kept = own.ended("kept")
    assert kept["status"] == "succeeded", kept
    own.drop("training", labelled_rows(40), LONG)
    training = own.reached("training", "train")
    sagemaker, formation = own.client("sagemaker"), own.client("cloudformation")
    wait_for(lambda: len(running_jobs(sagemaker)) == 1, own.logs)
    (endpoint,) = sagemaker.list_endpoints()["Endpoints"]
    assert (endpoint["EndpointName"], endpoint["EndpointStatus"]) == (kept["endpoint"], "InService")
    sagemaker.create_model(
        ModelName=FOREIGN,
        ExecutionRoleArn=sagemaker.describe_model(ModelName=kept["endpoint"])["ExecutionRoleArn"],
        PrimaryContainer=sagemaker.describe_model(ModelName=kept["endpoint"])["PrimaryContainer"],
        Tags=[{"Key": "tunedrop:stack", "Value": "another"}],
    )

    # When
    formation.delete_stack(StackName="tunedrop")
    wait_for(lambda: status_of(formation) != "DELETE_IN_PROGRESS", own.logs)

    # Then
    assert status_of(formation) == "DELETE_COMPLETE", own.logs()
    assert running_jobs(sagemaker) == []
    assert training["status"] == "running"
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    assert [model["ModelName"] for model in sagemaker.list_models()["Models"]] == [FOREIGN]
    assert own.document("runs/kept/current.json")  # The bucket and what it holds stay.


def running_jobs(sagemaker: Any) -> list[str]:
    answer = sagemaker.list_training_jobs(StatusEquals="InProgress")
    return [job["TrainingJobName"] for job in answer["TrainingJobSummaries"]]


def status_of(formation: Any) -> str:
    """Return the status of the stack, also when only its record is left."""
    summaries = formation.list_stacks()["StackSummaries"]
    return next(str(each["StackStatus"]) for each in summaries if each["StackName"] == "tunedrop")
