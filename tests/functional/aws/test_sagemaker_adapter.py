"""The SageMaker adapters on botocore's stubs: which errors end a run, and which are tried again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tunedrop.aws import sagemaker_calls
from tunedrop.aws.sagemaker import SageMakerService
from tunedrop.errors import ProcessingError, TrainingError
from tunedrop.ports.sagemaker import LimitError, ProcessingJob

REQUEST: dict[str, Any] = {
    "TrainingJobName": "tweets-0a1b2c3d4e5f-1",
    "RoleArn": "arn:aws:iam::111122223333:role/training",
    "OutputDataConfig": {"S3OutputPath": "s3://b/x"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}


def make_client(service: str) -> Any:
    return boto3.client(
        service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def create(code: str, message: str = "no") -> None:
    client = make_client("sagemaker")
    with Stubber(client) as stub:
        stub.add_client_error("create_training_job", code, message)
        SageMakerService(client).create_training_job(REQUEST)


def test_creating_a_job_whose_name_exists_succeeds() -> None:
    create("ResourceInUse")


def test_a_missing_quota_is_an_error_with_service_quotas_as_remedy() -> None:
    # When
    with pytest.raises(TrainingError) as caught:
        create("ResourceLimitExceeded", "The account-level service limit is 0 Instances")

    # Then
    assert "Service Quotas" in caught.value.remedy
    assert "0 Instances" in caught.value.message


def test_a_quota_that_is_used_up_lets_the_request_wait() -> None:
    with pytest.raises(LimitError) as caught:
        create("ResourceLimitExceeded", "is 1 Instances, with current utilization of 1 Instances")

    # Then the error that the user gets in the end is with it
    assert isinstance(caught.value.error, TrainingError)
    assert "Service Quotas" in caught.value.error.remedy


def stop(*answers: str, code: str = "ThrottlingException") -> None:
    """Stop a training job; `answers` are the statuses that SageMaker tells one after the other."""
    client = make_client("sagemaker")
    with Stubber(client) as stub:
        for number, status in enumerate(answers):
            if number == 1:
                stub.add_client_error("stop_training_job", code, "The job has ended.")
            stub.add_response("describe_training_job", described(status))
        SageMakerService(client).stop_training_job("tweets-0a1b2c3d4e5f-1")


def described(status: str) -> dict[str, Any]:
    return {
        "TrainingJobName": "tweets-0a1b2c3d4e5f-1",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/tweets-0a1b2c3d",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/x"},
        "TrainingJobStatus": status,
        "SecondaryStatus": status,
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "CreationTime": datetime(2026, 11, 23, tzinfo=UTC),
    }


def test_a_job_that_could_not_be_stopped_raises_the_error() -> None:
    with pytest.raises(ClientError, match="Throttling"):
        stop("InProgress", "InProgress")


def test_a_job_that_ended_before_it_was_stopped_is_stopped() -> None:
    stop("InProgress", "Completed", code="ValidationException")


def test_config_and_model_stay_while_their_endpoint_is_created() -> None:
    # Given an endpoint that SageMaker does not delete yet
    client = make_client("sagemaker")
    with Stubber(client) as stub:
        message = "Cannot update in-progress endpoint"
        stub.add_client_error("delete_endpoint", "ValidationException", message)

        # Then no other request is sent, which the stub would refuse
        assert not SageMakerService(client).delete_endpoint("tweets-0a1b2c3d4e5f-1")


def test_config_and_model_stay_when_the_endpoint_alone_is_deleted() -> None:
    # Given an endpoint that is deleted
    client = make_client("sagemaker")
    with Stubber(client) as stub:
        stub.add_response("delete_endpoint", {})

        # Then no other request is sent
        assert SageMakerService(client).delete_endpoint("tweets-0a1b2c3d4e5f-1", alone=True)


def test_a_throttled_request_raises_so_that_it_is_tried_again() -> None:
    with pytest.raises(ClientError):
        create("ThrottlingException")


def test_a_missing_processing_quota_is_named_in_the_remedy() -> None:
    # Given
    client = make_client("sagemaker")
    request = {
        "ProcessingJobName": "tweets-0a1b2c3d4e5f-1",
        "RoleArn": "arn:aws:iam::111122223333:role/prepare",
        "AppSpecification": {"ImageUri": "image"},
        "ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 1}},
    }

    # When
    with Stubber(client) as stub:
        stub.add_client_error(
            "create_processing_job", "ResourceLimitExceeded", "The limit is 0 Instances"
        )
        with pytest.raises(ProcessingError) as caught:
            SageMakerService(client).create_processing_job(request)

    # Then
    assert "processing job usage" in caught.value.remedy


@pytest.mark.parametrize(("seconds", "timed_out"), [(59, False), (60, True)])
def test_a_processing_job_stopped_at_its_time_limit_has_timed_out(
    seconds: int, *, timed_out: bool
) -> None:
    # Given
    client, started = make_client("sagemaker"), datetime(2026, 11, 23, tzinfo=UTC)
    answer = {
        "ProcessingJobName": "tweets-0a1b2c3d4e5f-1",
        "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:processing-job/tweets",
        "ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 1}},
        "AppSpecification": {"ImageUri": "image"},
        "CreationTime": started,
        "ProcessingJobStatus": "Stopped",
        "ProcessingStartTime": started,
        "ProcessingEndTime": started + timedelta(seconds=seconds),
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "ExitMessage": "why",
    }

    # When
    with Stubber(client) as stub:
        stub.add_response("describe_processing_job", answer)
        job = SageMakerService(client).processing_job("tweets-0a1b2c3d4e5f-1")

    # Then
    assert job == ProcessingJob("tweets-0a1b2c3d4e5f-1", "Stopped", None, "why", timed_out)


def test_a_processing_job_that_does_not_exist_is_none() -> None:
    client = make_client("sagemaker")
    with Stubber(client) as stub:
        stub.add_client_error(
            "describe_processing_job", "ValidationException", "Could not find requested job"
        )
        assert SageMakerService(client).processing_job("missing") is None


@pytest.mark.parametrize(
    "message",
    [
        'Could not find model "arn:aws:sagemaker:us-east-1:111122223333:model/tweets"',
        "Could not assume role arn:aws:iam::111122223333:role/training.",
    ],
)
def test_what_is_not_visible_yet_is_waited_for(
    message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(sagemaker_calls, "VISIBILITY_PAUSES", (0.0, 0.0))
    client = make_client("sagemaker")

    # When
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_client_error("create_training_job", "ValidationException", message)
        stub.add_response("create_training_job", {"TrainingJobArn": "arn:aws:sagemaker:::job/x"})
        SageMakerService(client).create_training_job(REQUEST)

        # Then
        stub.assert_no_pending_responses()


def test_what_stays_invisible_is_refused_with_sagemakers_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    monkeypatch.setattr(sagemaker_calls, "VISIBILITY_PAUSES", (0.0,))
    client = make_client("sagemaker")

    # When
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_client_error(
                "create_training_job", "ValidationException", "Could not assume role"
            )
        with pytest.raises(TrainingError) as caught:
            SageMakerService(client).create_training_job(REQUEST)

    # Then
    assert "Could not assume role" in caught.value.message


def test_deleting_what_is_missing_is_told_from_a_lack_of_permission() -> None:
    # Given: the condition on the tag refuses a name that does not exist
    client = make_client("sagemaker")
    gone = "Could not find it"

    # When
    with Stubber(client) as stub:
        pair = ("endpoint_config", "model")  # Of the first weights, and of fully tuned ones.
        for kind in ("endpoint", *pair, *pair):
            stub.add_client_error(f"delete_{kind}", "AccessDeniedException", "no tag")
            stub.add_client_error(f"describe_{kind}", "ValidationException", gone)
        deleted = SageMakerService(client).delete_endpoint("tweets-0a1b2c3d4e5f-1")

    # Then
    assert deleted


def test_an_endpoint_that_may_not_be_deleted_is_an_error() -> None:
    # Given
    client = make_client("sagemaker")
    there = {
        "EndpointName": "e",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:111122223333:endpoint/e",
        "EndpointStatus": "InService",
        "CreationTime": datetime.now(UTC),
        "LastModifiedTime": datetime.now(UTC),
    }

    # When / Then
    with Stubber(client) as stub:
        stub.add_client_error("delete_endpoint", "AccessDeniedException", "no permission")
        stub.add_response("describe_endpoint", there)
        with pytest.raises(ClientError, match="no permission"):
            SageMakerService(client).delete_endpoint("e")
