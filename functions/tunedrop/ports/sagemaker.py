"""What the domain needs of SageMaker: jobs and endpoints by name, and all of the stack's."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from tunedrop.documents.trials import Trial
from tunedrop.errors import TunedropError
from tunedrop.ports.services import Request

JobStatus = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]


# States that an endpoint does not leave without a person, or in which it will never answer.
ENDPOINT_FAILURES = ("Failed", "OutOfService", "UpdateRollbackFailed", "Deleting")


class LimitError(Exception):
    """The account uses as many instances as its quota allows, so the request may succeed later.

    `error` is what the user gets if it never does.
    """

    def __init__(self, error: TunedropError) -> None:
        super().__init__(error.message)
        self.error = error


class TrainingJob(msgspec.Struct):
    """The state of a training job (DescribeTrainingJob). `artifact` is an S3 URI."""

    name: str
    status: JobStatus
    secondary_status: str
    failure_reason: str | None
    artifact: str | None
    billable_seconds: int | None
    instance: str | None
    metrics: dict[str, float]


class TuningJob(msgspec.Struct):
    """The state of a tuning job (DescribeHyperParameterTuningJob)."""

    name: str
    status: JobStatus
    failure_reason: str | None = None


class ProcessingJob(msgspec.Struct):
    """The state of a processing job (DescribeProcessingJob).

    `timed_out` is true when the time limit stopped the job, and false when a person did.
    `exit_message` is the text that the job's program wrote.
    """

    name: str
    status: JobStatus
    failure_reason: str | None = None
    exit_message: str | None = None
    timed_out: bool = False


class Endpoint(msgspec.Struct):
    """The state of an endpoint (DescribeEndpoint, so `InService`, not `IN_SERVICE`)."""

    name: str
    status: str
    failure_reason: str | None
    config: str = ""
    """The name of the endpoint configuration that serves."""


class StackResource(msgspec.Struct, frozen=True):
    """A job, endpoint, endpoint config or model of the stack; `kind` is for people to read.

    `status` is empty for kinds that have none.
    """

    kind: str
    name: str
    status: str = ""


class SageMaker(Protocol):
    """Jobs and endpoints, by name."""

    def create_training_job(self, request: Request) -> None:
        """Start a job unless one of that name exists, so that a second call does no harm.

        Raises TrainingError when SageMaker refuses the request for good, and LimitError while too
        many instances are in use.
        """

    def training_job(self, name: str) -> TrainingJob | None:
        """Describe a job, or None when there is none."""

    def stop_training_job(self, name: str) -> None:
        """Stop a job; do nothing when it has ended or does not exist."""

    def create_tuning_job(self, request: Request) -> None:
        """Start a tuning job unless one of that name exists; raises as `create_training_job`."""

    def tuning_job(self, name: str) -> TuningJob | None:
        """Describe a tuning job, or None when there is none."""

    def trials(self, name: str) -> list[Trial]:
        """Return the training jobs of a tuning job, the first one first."""

    def stop_tuning_job(self, name: str) -> None:
        """Stop a tuning job and its training jobs; do nothing when it ended or does not exist."""

    def create_processing_job(self, request: Request) -> None:
        """Start a processing job unless one of that name exists.

        Raises ProcessingError when SageMaker refuses the request for good, and LimitError while
        too many instances are in use.
        """

    def processing_job(self, name: str) -> ProcessingJob | None:
        """Describe a processing job, or None when there is none."""

    def stop_processing_job(self, name: str) -> None:
        """Stop a processing job; do nothing when it has ended or does not exist."""

    def create_endpoint(self, model: Request, config: Request, endpoint: Request) -> None:
        """Create those of the three that do not exist.

        Raises HostingError when SageMaker refuses a request for good, and LimitError while too
        many instances are in use.
        """

    def update_endpoint(self, model: Request, config: Request, endpoint: str) -> None:
        """Create the model and the config, unless they exist, and let the endpoint serve them.

        Raises as `create_endpoint`.
        """

    def endpoint(self, name: str) -> Endpoint | None:
        """Describe an endpoint, or None when there is none."""

    def delete_endpoint(self, name: str, *, alone: bool = False) -> bool:
        """Delete endpoint, endpoint config and model of that name; True when all are gone.

        Also the config and model that the endpoint was updated to. With `alone`, configs and models
        stay.
        """


class StackResources(Protocol):
    """Everything in SageMaker that carries the stack's tag."""

    def find(self, passes_over: Callable[[str], bool] = ...) -> list[StackResource]:
        """Return the running jobs, and the endpoints, endpoint configs and models.

        Those whose name `passes_over` is true of are left out.
        """

    def remove(self, resource: StackResource) -> None:
        """Stop the job or delete the resource; raises an error when SageMaker refuses."""
