"""The events that invoke the functions, with the field names that AWS uses.

Only names are read from an event, and when an upload in parts was completed, which S3 tells nowhere
else. The state of a run or a job is always read from its service.
S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html (the key is not
URL-encoded in this form); SageMaker:
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from datetime import UTC, datetime
from typing import Any

import msgspec


class ObjectName(msgspec.Struct, rename="kebab"):
    """`detail.object` of an S3 event; `version_id` is empty in an event that `sweep` made."""

    key: str
    version_id: str = ""
    etag: str = ""


class ObjectCreated(msgspec.Struct):
    """`detail` of S3's "Object Created"."""

    object: ObjectName
    reason: str = ""


class Completion(msgspec.Struct, frozen=True):
    """When the upload of the content with this ETag was completed (ISO 8601, UTC)."""

    etag: str
    moment: str


class JobChanged(msgspec.Struct, rename="pascal"):
    """`detail` of "SageMaker Training Job State Change"."""

    training_job_name: str


class TuningJobChanged(msgspec.Struct, rename="pascal"):
    """`detail` of "SageMaker HyperParameter Tuning Job State Change"."""

    hyper_parameter_tuning_job_name: str


class ProcessingJobChanged(msgspec.Struct, rename="pascal"):
    """`detail` of "SageMaker Processing Job State Change"."""

    processing_job_name: str


class EndpointChanged(msgspec.Struct, rename="pascal"):
    """`detail` of "SageMaker Endpoint State Change"."""

    endpoint_name: str


class RequestContext(msgspec.Struct, rename="camel"):
    """The function of an on-failure record: its ARN with a version or alias."""

    function_arn: str
    request_id: str = ""
    condition: str = ""


class DeadLetter(msgspec.Struct, rename="camel"):
    """An on-failure record of Lambda's asynchronous invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """

    request_context: RequestContext
    request_payload: dict[str, Any]
    response_payload: dict[str, Any] | None = None

    @property
    def function(self) -> str:
        """The name of the function that failed."""
        return self.request_context.function_arn.split(":")[6]

    @property
    def request_id(self) -> str:
        """The id that all tries of the event had."""
        return self.request_context.request_id

    @property
    def version_id(self) -> str:
        """The version of the object that the event named; empty without one."""
        detail = self.request_payload.get("detail", {})
        named = "object" in detail
        return msgspec.convert(detail, ObjectCreated).object.version_id if named else ""

    @property
    def completed(self) -> Completion | None:
        """When the upload that the event named was completed, if it came in parts."""
        named = "object" in self.request_payload.get("detail", {})
        return completion(self.request_payload) if named else None

    @property
    def reason(self) -> str:
        """The last error of the function."""
        answer = self.response_payload or {}
        message = answer.get("errorMessage") or self.request_context.condition or "no reason given"
        return f"{answer.get('errorType', 'Error')}: {message}"


def created_key(event: dict[str, Any]) -> str:
    """Return the key of the object that was created."""
    return msgspec.convert(event["detail"], ObjectCreated).object.key


def completion(event: dict[str, Any]) -> Completion | None:
    """Return when an upload in parts was completed; None for any other upload.

    S3's Last-Modified is the time at which such an upload was begun, perhaps hours earlier:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
    """
    created = msgspec.convert(event["detail"], ObjectCreated)
    if created.reason != "CompleteMultipartUpload" or "time" not in event:
        return None
    moment = datetime.fromisoformat(event["time"]).astimezone(UTC)
    return Completion(created.object.etag, moment.isoformat(timespec="seconds"))


def job_name(event: dict[str, Any]) -> str:
    """Return the name of the training or tuning job that changed."""
    detail = event["detail"]
    if "HyperParameterTuningJobName" in detail:
        return msgspec.convert(detail, TuningJobChanged).hyper_parameter_tuning_job_name
    return msgspec.convert(detail, JobChanged).training_job_name


def processing_job_name(event: dict[str, Any]) -> str:
    """Return the name of the processing job that changed."""
    return msgspec.convert(event["detail"], ProcessingJobChanged).processing_job_name


def endpoint_name(event: dict[str, Any]) -> str:
    """Return the name of the endpoint that changed."""
    return msgspec.convert(event["detail"], EndpointChanged).endpoint_name


def build_id(event: dict[str, Any]) -> str:
    """Return the id of the CodeBuild build that the event is about."""
    arn: str = event["detail"]["build-id"]
    return arn.partition(":build/")[2]


def subject(event: dict[str, Any]) -> str:
    """Return the key, the job name or the endpoint name that an event is about."""
    detail = event.get("detail", {})
    if "object" in detail:
        return created_key(event)
    if "ProcessingJobName" in detail:
        return processing_job_name(event)
    if "TrainingJobName" in detail or "HyperParameterTuningJobName" in detail:
        return job_name(event)
    return endpoint_name(event)


def dead_letters(event: dict[str, Any]) -> list[DeadLetter]:
    """Return the on-failure records of an SQS event."""
    return [msgspec.json.decode(record["body"], type=DeadLetter) for record in event["Records"]]
