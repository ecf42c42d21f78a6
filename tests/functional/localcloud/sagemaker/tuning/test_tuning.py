"""Tuning jobs: trials are training jobs, the best one is found, and events are spelled as AWS's."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.account import BUCKET, ROLE
from tests.support.local_aws.sagemaker.cloud import EVENT_COPIES, Cloud, Events, wait_for
from tests.support.local_aws.sagemaker.requests import tuning_request

ENDED = ("Completed", "Failed", "Stopped")


def status_of(sagemaker: Any, name: str) -> str:
    found: str = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[
        "HyperParameterTuningJobStatus"
    ]
    return found


def ended(sagemaker: Any, name: str) -> dict[str, Any]:
    """The description of the tuning job at its end."""
    wait_for(lambda: status_of(sagemaker, name) in ENDED)
    described: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name
    )
    return described


def trials_of(sagemaker: Any, name: str, **arguments: Any) -> list[dict[str, Any]]:
    operation = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job
    found: list[dict[str, Any]] = operation(
        HyperParameterTuningJobName=name, MaxResults=100, **arguments
    )["TrainingJobSummaries"]
    return found


def test_the_best_of_all_trials_is_found(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # When
    sagemaker.create_hyper_parameter_tuning_job(**tuning_request(name, "try_rate", jobs=4))

    # Then each trial is a training job that got its values as texts
    job = ended(sagemaker, name)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 4
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    trials = trials_of(sagemaker, name)
    for number, trial in enumerate(trials, 1):
        assert trial["TrainingJobName"].startswith(f"{name}-{number:03}-")
        training = sagemaker.describe_training_job(TrainingJobName=trial["TrainingJobName"])
        given = training["HyperParameters"]
        assert given == {
            "action": "try_rate",
            "_tuning_objective_metric": "loss",
            **trial["TunedHyperParameters"],
        }
        artifact = training["ModelArtifacts"]["S3ModelArtifacts"]
        key = artifact.removeprefix(f"s3://{BUCKET}/")
        assert cloud.read(f"{key}rate").decode() == given["rate"]

    # And the best one has the smallest last value of the metric
    losses = {
        trial["TrainingJobName"]: trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for trial in trials
    }
    best = job["BestTrainingJob"]
    assert best["TrainingJobName"] == min(losses, key=losses.__getitem__)
    assert best["ObjectiveStatus"] == "Succeeded"
    ordered = trials_of(sagemaker, name, SortBy="FinalObjectiveMetricValue")
    assert [each["TrainingJobName"] for each in ordered] == sorted(losses, key=losses.__getitem__)


def test_answers_have_the_members_of_awss_model(sagemaker: Any, name: str) -> None:
    # Given
    model = botocore.session.get_session().get_service_model("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**tuning_request(name, "try_rate", jobs=2))
    ended(sagemaker, name)

    # When the answers are read as they are sent
    answers: dict[str, Any] = {}

    def keep(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
        answers[operation_model.name] = json.loads(response_dict["body"])

    sagemaker.meta.events.register("before-parse.sagemaker.*", keep)
    sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    trials_of(sagemaker, name)
    sagemaker.list_hyper_parameter_tuning_jobs()

    # Then
    assert len(answers) == 3
    for operation, answer in answers.items():
        shape = model.operation_model(operation).output_shape
        assert list(differences(answer, shape)) == [], operation


def differences(value: Any, shape: Any, path: str = "") -> Any:
    """Yield members that AWS's model does not have, or that it requires and the answer lacks."""
    if shape.type_name == "structure":
        unknown = value.keys() - shape.members.keys()
        lacking = set(shape.required_members) - value.keys()
        yield from (f"{path}.{name}" for name in unknown | lacking)
        for name in value.keys() & shape.members.keys():
            yield from differences(value[name], shape.members[name], f"{path}.{name}")
    if shape.type_name == "list":
        for each in value:
            yield from differences(each, shape.member, f"{path}[]")


def test_events_are_spelled_as_aws_spells_them(sagemaker: Any, name: str, events: Events) -> None:
    # When
    request = tuning_request(name, "try_rate", jobs=2, Tags=[{"Key": "run", "Value": "abc"}])
    sagemaker.create_hyper_parameter_tuning_job(**request)
    kind = "SageMaker HyperParameter Tuning Job State Change"

    def is_last(event: dict[str, Any]) -> bool:
        status = event["detail"].get("HyperParameterTuningJobStatus")
        return bool(event["detail-type"] == kind and status == "Completed")

    found = [event for event in events.until(is_last) if event["detail-type"] == kind]

    # Then
    statuses = [event["detail"]["HyperParameterTuningJobStatus"] for event in found]
    assert statuses[:EVENT_COPIES] == ["InProgress"] * EVENT_COPIES
    detail = found[-1]["detail"]
    assert detail.keys() == {
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobArn",
        "TrainingJobDefinition",
        "HyperParameterTuningJobStatus",
        "CreationTime",
        "LastModifiedTime",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
        "Tags",
    }
    assert detail["Tags"] == {"run": "abc"}
    assert detail["TrainingJobStatusCounters"]["Completed"] == 2
    assert isinstance(detail["CreationTime"], int)


def test_no_more_trials_run_than_may_run_at_a_time(sagemaker: Any, name: str) -> None:
    # When
    request = tuning_request(name, "try_rate", jobs=4, parallel=1)
    sagemaker.create_hyper_parameter_tuning_job(**request)
    ended(sagemaker, name)

    # Then each trial was created when the one before had ended
    trials = trials_of(sagemaker, name)
    for before, after in pairwise(trials):
        assert before["TrainingEndTime"] <= after["CreationTime"]


def test_a_failed_trial_does_not_end_the_tuning(sagemaker: Any, name: str) -> None:
    # Given a grid of which one value fails
    values = [{"Name": "rate", "Values": ["0.1", "fails"]}]
    request = tuning_request(name, "try_rate", jobs=2, strategy="Grid")
    ranges = {"CategoricalParameterRanges": values}
    request["HyperParameterTuningJobConfig"]["ParameterRanges"] = ranges

    # When
    sagemaker.create_hyper_parameter_tuning_job(**request)
    job = ended(sagemaker, name)

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    counters = job["TrainingJobStatusCounters"]
    assert (counters["Completed"], counters["NonRetryableError"]) == (1, 1)
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"rate": "0.1"}
    failed = trials_of(sagemaker, name)[1]
    assert "cannot be tried" in failed["FailureReason"]
    assert failed["ObjectiveStatus"] == "Failed"


def test_a_tuning_of_which_all_trials_fail_has_failed(sagemaker: Any, name: str) -> None:
    # When
    sagemaker.create_hyper_parameter_tuning_job(**tuning_request(name, "fail", jobs=2))
    job = ended(sagemaker, name)

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("All training jobs failed.")
    assert "BestTrainingJob" not in job


def test_a_stopped_tuning_stops_its_trials(sagemaker: Any, name: str) -> None:
    # Given two trials at work, of four
    request = tuning_request(name, "work_until_told", jobs=4)
    sagemaker.create_hyper_parameter_tuning_job(**request)
    wait_for(lambda: len(trials_of(sagemaker, name, StatusEquals="InProgress")) == 2)

    # When
    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert status_of(sagemaker, name) in ("Stopping", "Stopped")
    job = ended(sagemaker, name)

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert {trial["TrainingJobStatus"] for trial in trials_of(sagemaker, name)} == {"Stopped"}
    assert len(trials_of(sagemaker, name)) == 2
    with pytest.raises(ClientError, match="is in status Stopped"):
        sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def test_a_role_must_be_allowed_to_tune_and_to_pass_the_jobs_role(cloud: Cloud, name: str) -> None:
    # Given callers of which only the second may pass the role
    create = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    pass_role = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE}
    without = cloud.caller(f"{name}-a", [create])
    allowed = cloud.caller(f"{name}-b", [create, pass_role])

    # Then
    with pytest.raises(ClientError) as refusal:
        without.create_hyper_parameter_tuning_job(**tuning_request(name, "try_rate", jobs=2))
    assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
    allowed.create_hyper_parameter_tuning_job(**tuning_request(name, "try_rate", jobs=2))
    assert ended(allowed, name)["HyperParameterTuningJobStatus"] == "Completed"
