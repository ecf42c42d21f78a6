"""SageMaker, SNS and Lambda as the domain sees them; `tunedrop.aws` holds the real ones."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

from tunedrop.documents.answers import Answer

JobStatus = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]
Request = Mapping[str, Any]


class TrainingJob(msgspec.Struct):
    """How a training job stands (DescribeTrainingJob). `artifact` is an S3 URI."""

    name: str
    status: JobStatus
    secondary_status: str
    failure_reason: str | None
    artifact: str | None
    billable_seconds: int | None
    instance: str | None
    metrics: dict[str, float]


class ProcessingJob(msgspec.Struct):
    """How a processing job stands (DescribeProcessingJob).

    `timed_out` tells a job that its time limit stopped from one that a person stopped;
    `exit_message` is what its program left.
    """

    name: str
    status: JobStatus
    failure_reason: str | None = None
    exit_message: str | None = None
    timed_out: bool = False


class Endpoint(msgspec.Struct):
    """How an endpoint stands (DescribeEndpoint, so `InService`, not `IN_SERVICE`)."""

    name: str
    status: str
    failure_reason: str | None


class SageMaker(Protocol):
    """Jobs and endpoints, by name."""

    def create_training_job(self, request: Request) -> None:
        """Start a job; one of that name that is there already is ours: names are locks.

        Raises TrainingError when SageMaker refuses the request for good.
        """

    def training_job(self, name: str) -> TrainingJob | None:
        """Describe a job, or None when there is none."""

    def stop_training_job(self, name: str) -> None:
        """Ask a job to stop; one that has ended, or never was, is fine."""

    def create_processing_job(self, request: Request) -> None:
        """Start a processing job; one of that name that is there already is ours.

        Raises ProcessingError when SageMaker refuses the request for good.
        """

    def processing_job(self, name: str) -> ProcessingJob | None:
        """Describe a processing job, or None when there is none."""

    def stop_processing_job(self, name: str) -> None:
        """Ask a processing job to stop; one that has ended, or never was, is fine."""

    def create_endpoint(self, model: Request, config: Request, endpoint: Request) -> None:
        """Create all three; what is there already is ours.

        Raises HostingError when SageMaker refuses a request for good.
        """

    def endpoint(self, name: str) -> Endpoint | None:
        """Describe an endpoint, or None when there is none."""

    def delete_endpoint(self, name: str) -> bool:
        """Delete endpoint, endpoint config and model of that name; True when all are gone."""


class Inference(Protocol):
    """An endpoint that answers chats."""

    def chat(self, endpoint: str, payload: Request) -> Answer:
        """Answer one chat; raises HostingError when the endpoint cannot."""


class Mail(Protocol):
    """The topic that people subscribe to."""

    def publish(self, subject: str, body: str) -> str:
        """Send one message and return its id."""

    def unconfirmed(self) -> list[str]:
        """Return the addresses that have not confirmed yet: they get nothing."""


class Functions(Protocol):
    """The application's own functions, by the name of their stage."""

    def send(self, function: str, event: Request) -> None:
        """Invoke a function asynchronously."""
