"""The SageMaker adapters on botocore's stubs: which answers end a run, which are tried again."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tunedrop.aws import sagemaker as adapter
from tunedrop.aws.sagemaker import EndpointInference, SageMakerService
from tunedrop.errors import HostingError, ProcessingError, TrainingError
from tunedrop.ports.services import ProcessingJob

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


def test_given_a_job_of_that_name_when_created_again_then_it_is_ours() -> None:
    create("ResourceInUse")


def test_given_no_quota_when_created_then_the_remedy_names_the_quotas() -> None:
    with pytest.raises(TrainingError) as caught:
        create("ResourceLimitExceeded", "The account-level service limit is 0 Instances")
    assert "Service Quotas" in caught.value.remedy
    assert "0 Instances" in caught.value.message


def test_given_a_passing_trouble_when_created_then_it_is_raised_to_be_tried_again() -> None:
    with pytest.raises(ClientError):
        create("ThrottlingException")


def test_given_no_quota_for_processing_when_created_then_the_remedy_names_it() -> None:
    client = make_client("sagemaker")
    request = {
        "ProcessingJobName": "tweets-0a1b2c3d4e5f-1",
        "RoleArn": "arn:aws:iam::111122223333:role/prepare",
        "AppSpecification": {"ImageUri": "image"},
        "ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 1}},
    }
    with Stubber(client) as stub:
        stub.add_client_error("create_processing_job", "ResourceLimitExceeded", "0 Instances")
        with pytest.raises(ProcessingError) as caught:
            SageMakerService(client).create_processing_job(request)
    assert "processing job usage" in caught.value.remedy


@pytest.mark.parametrize(("seconds", "timed_out"), [(59, False), (60, True)])
def test_given_a_stopped_processing_job_when_described_then_its_times_tell_the_time_limit(
    seconds: int, *, timed_out: bool
) -> None:
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
    with Stubber(client) as stub:
        stub.add_response("describe_processing_job", answer)
        job = SageMakerService(client).processing_job("tweets-0a1b2c3d4e5f-1")
    assert job == ProcessingJob("tweets-0a1b2c3d4e5f-1", "Stopped", None, "why", timed_out)


def test_given_no_processing_job_when_described_then_there_is_none() -> None:
    client = make_client("sagemaker")
    with Stubber(client) as stub:
        stub.add_client_error(
            "describe_processing_job", "ValidationException", "Could not find requested job"
        )
        assert SageMakerService(client).processing_job("missing") is None


def chat(*answers: tuple[str, int] | str) -> str:
    client = make_client("sagemaker-runtime")
    with Stubber(client) as stub:
        for answer in answers:
            if isinstance(answer, str):
                choice = {"message": {"content": answer}, "finish_reason": "stop"}
                body = io.BytesIO(json.dumps({"choices": [choice], "usage": {}}).encode())
                stub.add_response("invoke_endpoint", {"Body": body})
            else:
                stub.add_client_error(
                    "invoke_endpoint",
                    answer[0],
                    "broken",
                    http_status_code=424,
                    modeled_fields={"OriginalStatusCode": answer[1], "OriginalMessage": "why"},
                )
        return EndpointInference(client).chat("e", {"model": "tuned"}).text


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PAUSES", (0.0, 0.0))


def test_given_a_restarting_container_when_asked_then_it_is_asked_again() -> None:
    assert chat(("ModelError", 500), "positive") == "positive"


def test_given_a_container_that_stays_broken_when_asked_then_hosting_error_gives_its_reason() -> (
    None
):
    with pytest.raises(HostingError, match="why"):
        chat(("ModelError", 500), ("ModelError", 500), ("ModelError", 500))


def test_given_a_refused_request_when_asked_then_it_is_not_asked_again() -> None:
    with pytest.raises(HostingError, match="why"):
        chat(("ModelError", 400))
