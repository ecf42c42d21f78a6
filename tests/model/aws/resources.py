"""Jobs and endpoints of the model of SageMaker, and how it refuses requests about them."""

from dataclasses import dataclass
from typing import Any

from tests.model.faults import client_error


@dataclass(slots=True)
class Resource:
    """A job or an endpoint; `created` and the others are in epoch seconds."""

    name: str
    status: str
    created: float
    request: dict[str, Any]
    reason: str | None = None
    message: str | None = None
    started: float | None = None
    ended: float | None = None


def artifact_of(job: Resource) -> str:
    """Return the address of what a training job leaves."""
    return f"{job.request['OutputDataConfig']['S3OutputPath']}/{job.name}/output/model/"


def found(operation: str, name: str, resources: dict[str, Any]) -> Any:
    """Return the resource; raise the error of SageMaker when there is none."""
    if name not in resources:
        raise client_error(operation, "ValidationException", f"Could not find {name}.")
    return resources[name]


def refuse_a_duplicate(operation: str, name: str, jobs: dict[str, Resource]) -> None:
    """Raise the error of a job whose name was used before."""
    if name in jobs:
        raise client_error(operation, "ResourceInUse", f"Job name {name} is in use.")


def refuse_existing(operation: str, name: str, resources: dict[str, Any], what: str) -> None:
    """Raise the error of a model, config or endpoint that exists."""
    if name in resources:
        raise client_error(
            operation, "ValidationException", f"Cannot create already existing {what} {name}."
        )


def refuse_to_stop(operation: str, job: Resource) -> None:
    """Raise the error of a job that has ended or is being stopped."""
    if job.status != "InProgress":
        raise client_error(
            operation,
            "ValidationException",
            f"The request was rejected because the job is in status {job.status}.",
        )
