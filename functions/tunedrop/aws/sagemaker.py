"""Training jobs, tuning jobs, processing jobs and endpoints in SageMaker, by name."""

from typing import Any

from tunedrop.aws.sagemaker_calls import create, delete, found, stop
from tunedrop.documents.names import tuned_name
from tunedrop.documents.trials import Trial
from tunedrop.errors import HostingError, ProcessingError, TrainingError
from tunedrop.ports.sagemaker import (
    Endpoint,
    ProcessingJob,
    TrainingJob,
    TuningJob,
)
from tunedrop.ports.services import Request


class SageMakerService:
    """The SageMaker API as `tunedrop.ports.sagemaker.SageMaker`."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def create_training_job(self, request: Request) -> None:
        """Start a job unless one of that name exists. Raises TrainingError on a refusal."""
        create(self.client.create_training_job, request, TrainingError)

    def training_job(self, name: str) -> TrainingJob | None:
        """Describe a job, or None when there is none."""
        answer = found(self.client.describe_training_job, TrainingJobName=name)
        if answer is None:
            return None
        resources = answer.get("ResourceConfig", {})
        return TrainingJob(
            name=name,
            status=answer["TrainingJobStatus"],
            secondary_status=answer.get("SecondaryStatus", ""),
            failure_reason=answer.get("FailureReason"),
            artifact=answer.get("ModelArtifacts", {}).get("S3ModelArtifacts"),
            billable_seconds=answer.get("BillableTimeInSeconds"),
            instance=resources.get("SelectedInstanceType") or resources.get("InstanceType"),
            metrics={m["MetricName"]: m["Value"] for m in answer.get("FinalMetricDataList", [])},
        )

    def stop_training_job(self, name: str) -> None:
        """Stop a job; do nothing when it has ended or does not exist."""
        stop(self.training_job, self.client.stop_training_job, TrainingJobName=name)

    def create_tuning_job(self, request: Request) -> None:
        """Start a tuning job unless one of that name exists. Raises TrainingError on a refusal."""
        create(self.client.create_hyper_parameter_tuning_job, request, TrainingError)

    def tuning_job(self, name: str) -> TuningJob | None:
        """Describe a tuning job, or None when there is none."""
        describe = self.client.describe_hyper_parameter_tuning_job
        answer = found(describe, HyperParameterTuningJobName=name)
        if answer is None:
            return None
        return TuningJob(
            name=name,
            status=answer["HyperParameterTuningJobStatus"],
            failure_reason=answer.get("FailureReason"),
        )

    def trials(self, name: str) -> list[Trial]:
        """Return the training jobs of a tuning job, the first one first."""
        pages = self.client.get_paginator(
            "list_training_jobs_for_hyper_parameter_tuning_job"
        ).paginate(HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending")
        summaries = (each for page in pages for each in page["TrainingJobSummaries"])
        return [_trial(number, each) for number, each in enumerate(summaries, 1)]

    def stop_tuning_job(self, name: str) -> None:
        """Stop a tuning job; do nothing when it has ended or does not exist."""
        stop(
            self.tuning_job,
            self.client.stop_hyper_parameter_tuning_job,
            HyperParameterTuningJobName=name,
        )

    def create_processing_job(self, request: Request) -> None:
        """Start a job unless one of that name exists. Raises ProcessingError on a refusal."""
        create(self.client.create_processing_job, request, ProcessingError)

    def processing_job(self, name: str) -> ProcessingJob | None:
        """Describe a processing job, or None when there is none.

        AWS gives no reason when the time limit stops a job, so the running time is compared.
        """
        answer = found(self.client.describe_processing_job, ProcessingJobName=name)
        if answer is None:
            return None
        started, ended = answer.get("ProcessingStartTime"), answer.get("ProcessingEndTime")
        seconds = (ended - started).total_seconds() if started and ended else 0.0
        return ProcessingJob(
            name=name,
            status=answer["ProcessingJobStatus"],
            failure_reason=answer.get("FailureReason"),
            exit_message=answer.get("ExitMessage"),
            timed_out=seconds >= answer["StoppingCondition"]["MaxRuntimeInSeconds"],
        )

    def stop_processing_job(self, name: str) -> None:
        """Stop a processing job; do nothing when it has ended or does not exist."""
        stop(self.processing_job, self.client.stop_processing_job, ProcessingJobName=name)

    def create_endpoint(self, model: Request, config: Request, endpoint: Request) -> None:
        """Create those of the three that do not exist. Raises HostingError on a refusal."""
        create(self.client.create_model, model, HostingError)
        create(self.client.create_endpoint_config, config, HostingError)
        create(self.client.create_endpoint, endpoint, HostingError)

    def update_endpoint(self, model: Request, config: Request, endpoint: str) -> None:
        """Create model and config unless they exist, and let the endpoint serve them."""
        create(self.client.create_model, model, HostingError)
        create(self.client.create_endpoint_config, config, HostingError)
        request = {
            "EndpointName": endpoint,
            "EndpointConfigName": config["EndpointConfigName"],
        }
        create(self.client.update_endpoint, request, HostingError)

    def endpoint(self, name: str) -> Endpoint | None:
        """Describe an endpoint, or None when there is none."""
        answer = found(self.client.describe_endpoint, EndpointName=name)
        if answer is None:
            return None
        return Endpoint(
            name,
            answer["EndpointStatus"],
            answer.get("FailureReason"),
            answer["EndpointConfigName"],
        )

    def delete_endpoint(self, name: str, *, alone: bool = False) -> bool:
        """Delete endpoint, endpoint config and model of that name; True when all are gone.

        An endpoint that is still being created cannot be deleted yet; then the result is False,
        and config and model stay, because an endpoint must not lose them. They stay with `alone`,
        too.
        """
        is_gone = delete(self.client, "endpoint", EndpointName=name)
        if alone:
            return is_gone
        return is_gone and all(
            delete(self.client, "endpoint_config", EndpointConfigName=each)
            and delete(self.client, "model", ModelName=each)
            for each in (name, tuned_name(name))
        )


def _trial(number: int, summary: dict[str, Any]) -> Trial:
    started, ended = summary.get("TrainingStartTime"), summary.get("TrainingEndTime")
    return Trial(
        number=number,
        job=summary["TrainingJobName"],
        status=summary["TrainingJobStatus"],
        values=summary["TunedHyperParameters"],
        loss=summary.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value"),
        seconds=(ended - started).total_seconds() if started and ended else None,
        reason=summary.get("FailureReason"),
    )
