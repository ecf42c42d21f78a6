"""SageMaker for `prepare`, which parses files of strangers and may therefore touch no endpoint."""
# ruff: noqa: ARG002  # the arguments are those of the protocol

from tunedrop.documents.trials import Trial
from tunedrop.ports.sagemaker import (
    Endpoint,
    ProcessingJob,
    SageMaker,
    TrainingJob,
    TuningJob,
)
from tunedrop.ports.services import Request


class JobsOnly:
    """SageMaker without endpoints: what it cannot remove stays for report_failure and sweep."""

    def __init__(self, service: SageMaker) -> None:
        self.service = service

    def create_training_job(self, request: Request) -> None:
        """Raise PermissionError: prepare starts no training."""
        raise _forbidden("start a training job")

    def training_job(self, name: str) -> TrainingJob | None:
        """Describe a job, or None when there is none."""
        return self.service.training_job(name)

    def stop_training_job(self, name: str) -> None:
        """Stop a job; do nothing when it has ended or does not exist."""
        self.service.stop_training_job(name)

    def create_tuning_job(self, request: Request) -> None:
        """Raise PermissionError: prepare starts no training."""
        raise _forbidden("start a tuning job")

    def tuning_job(self, name: str) -> TuningJob | None:
        """Describe a tuning job, or None when there is none."""
        return self.service.tuning_job(name)

    def trials(self, name: str) -> list[Trial]:
        """Raise PermissionError: prepare looks at no trial."""
        raise _forbidden("look at the trials of a tuning job")

    def stop_tuning_job(self, name: str) -> None:
        """Stop a tuning job; do nothing when it has ended or does not exist."""
        self.service.stop_tuning_job(name)

    def create_processing_job(self, request: Request) -> None:
        """Start a processing job unless one of that name exists."""
        self.service.create_processing_job(request)

    def processing_job(self, name: str) -> ProcessingJob | None:
        """Describe a processing job, or None when there is none."""
        return self.service.processing_job(name)

    def stop_processing_job(self, name: str) -> None:
        """Stop a processing job; do nothing when it has ended or does not exist."""
        self.service.stop_processing_job(name)

    def create_endpoint(self, model: Request, config: Request, endpoint: Request) -> None:
        """Raise PermissionError: prepare creates no endpoint."""
        raise _forbidden("create an endpoint")

    def update_endpoint(self, model: Request, config: Request, endpoint: str) -> None:
        """Raise PermissionError: prepare updates no endpoint."""
        raise _forbidden("update an endpoint")

    def endpoint(self, name: str) -> Endpoint | None:
        """Raise PermissionError: prepare looks at no endpoint."""
        raise _forbidden("look at an endpoint")

    def delete_endpoint(self, name: str, *, alone: bool = False) -> bool:
        """Return False: there may be an endpoint, and another function deletes it."""
        return False


def _forbidden(what: str) -> PermissionError:
    return PermissionError(f"prepare may not {what}")
