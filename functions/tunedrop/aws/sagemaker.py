"""Training jobs, tuning jobs, processing jobs and endpoints in SageMaker, by name."""

import re
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tunedrop.documents.run import tuned_name
from tunedrop.errors import HostingError, ProcessingError, TrainingError, TunedropError
from tunedrop.ports.services import (
    Endpoint,
    LimitError,
    ProcessingJob,
    Request,
    TrainingJob,
    Trial,
    TuningJob,
)

# Error codes of requests that can never succeed unchanged. Any other error (throttling, an outage)
# is raised, and Lambda tries again.
REFUSALS = ("ValidationException", "AccessDeniedException", "ResourceLimitExceeded")
# "The account-level service limit … is 0 Instances": waiting does not help.
NO_QUOTA = re.compile(r"\bis 0 Instances")
# Parts of refusals that delays of IAM and SageMaker cause: what was created a moment ago is not yet
# visible everywhere. They are final only after these pauses, in seconds.
NOT_VISIBLE_YET = (
    "Could not find model",
    "Could not find endpoint config",
    "Could not assume role",
)
VISIBILITY_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
QUOTA_REMEDY = (
    "Ask for a higher quota for this instance type in the Service Quotas console (training and "
    "endpoint quotas are separate), or name another type in recipe.yaml; then drop the file again."
)
# boto3 repeats a request whose answer was lost; only this product updates its endpoints.
DONE_BEFORE = re.compile(r"already exist|Cannot update in-progress endpoint")
PROCESSING_QUOTA_REMEDY = (
    "Ask for a higher quota for this instance type, for processing job usage, in the Service "
    "Quotas console; then drop the file again."
)
REMEDY = "Correct the recipe or the stack's parameters, then drop the file again."


class SageMakerService:
    """The SageMaker API as `tunedrop.ports.services.SageMaker`."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def create_training_job(self, request: Request) -> None:
        """Start a job unless one of that name exists. Raises TrainingError on a refusal."""
        self._create(self.client.create_training_job, request, TrainingError)

    def training_job(self, name: str) -> TrainingJob | None:
        """Describe a job, or None when there is none."""
        answer = _found(self.client.describe_training_job, TrainingJobName=name)
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
        if _is_in_progress(self.training_job(name)):
            try:
                self.client.stop_training_job(TrainingJobName=name)
            except ClientError:
                if _is_in_progress(self.training_job(name)):
                    raise

    def create_tuning_job(self, request: Request) -> None:
        """Start a tuning job unless one of that name exists. Raises TrainingError on a refusal."""
        self._create(self.client.create_hyper_parameter_tuning_job, request, TrainingError)

    def tuning_job(self, name: str) -> TuningJob | None:
        """Describe a tuning job, or None when there is none."""
        describe = self.client.describe_hyper_parameter_tuning_job
        answer = _found(describe, HyperParameterTuningJobName=name)
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
        return [_trial(each) for page in pages for each in page["TrainingJobSummaries"]]

    def stop_tuning_job(self, name: str) -> None:
        """Stop a tuning job; do nothing when it has ended or does not exist."""
        if _is_in_progress(self.tuning_job(name)):
            try:
                self.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
            except ClientError:
                if _is_in_progress(self.tuning_job(name)):
                    raise

    def create_processing_job(self, request: Request) -> None:
        """Start a job unless one of that name exists. Raises ProcessingError on a refusal."""
        self._create(self.client.create_processing_job, request, ProcessingError)

    def processing_job(self, name: str) -> ProcessingJob | None:
        """Describe a processing job, or None when there is none.

        AWS gives no reason when the time limit stops a job, so the running time is compared.
        """
        answer = _found(self.client.describe_processing_job, ProcessingJobName=name)
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
        if _is_in_progress(self.processing_job(name)):
            try:
                self.client.stop_processing_job(ProcessingJobName=name)
            except ClientError:
                if _is_in_progress(self.processing_job(name)):
                    raise

    def create_endpoint(self, model: Request, config: Request, endpoint: Request) -> None:
        """Create those of the three that do not exist. Raises HostingError on a refusal."""
        self._create(self.client.create_model, model, HostingError)
        self._create(self.client.create_endpoint_config, config, HostingError)
        self._create(self.client.create_endpoint, endpoint, HostingError)

    def update_endpoint(self, model: Request, config: Request, endpoint: str) -> None:
        """Create model and config unless they exist, and let the endpoint serve them."""
        self._create(self.client.create_model, model, HostingError)
        self._create(self.client.create_endpoint_config, config, HostingError)
        request = {
            "EndpointName": endpoint,
            "EndpointConfigName": config["EndpointConfigName"],
        }
        self._create(self.client.update_endpoint, request, HostingError)

    def endpoint(self, name: str) -> Endpoint | None:
        """Describe an endpoint, or None when there is none."""
        answer = _found(self.client.describe_endpoint, EndpointName=name)
        if answer is None:
            return None
        return Endpoint(
            name,
            answer["EndpointStatus"],
            answer.get("FailureReason"),
            answer["EndpointConfigName"],
        )

    def delete_endpoint(self, name: str) -> bool:
        """Delete endpoint, endpoint config and model of that name; True when all are gone.

        An endpoint that is still being created cannot be deleted yet; then the result is False,
        and config and model stay, because an endpoint must not lose them.
        """
        return _delete(self.client, "endpoint", EndpointName=name) and all(
            _delete(self.client, "endpoint_config", EndpointConfigName=each)
            and _delete(self.client, "model", ModelName=each)
            for each in (name, tuned_name(name))
        )

    def _create(
        self, call: Callable[..., Any], request: Request, refused: type[TunedropError]
    ) -> None:
        try:
            _call_until_visible(call, request)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if code == "ResourceInUse" or DONE_BEFORE.search(message):
                return
            if code not in REFUSALS:
                raise
            quota = PROCESSING_QUOTA_REMEDY if refused is ProcessingError else QUOTA_REMEDY
            is_limit = code == "ResourceLimitExceeded"
            refusal = refused(
                f"SageMaker refused the request: {message}", quota if is_limit else REMEDY
            )
            if is_limit and not NO_QUOTA.search(message):
                raise LimitError(refusal) from error
            raise refusal from error


def _trial(summary: dict[str, Any]) -> Trial:
    started, ended = summary.get("TrainingStartTime"), summary.get("TrainingEndTime")
    return Trial(
        name=summary["TrainingJobName"],
        status=summary["TrainingJobStatus"],
        values=summary["TunedHyperParameters"],
        loss=summary.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value"),
        seconds=(ended - started).total_seconds() if started and ended else None,
        failure_reason=summary.get("FailureReason"),
    )


def _is_in_progress(job: TrainingJob | TuningJob | ProcessingJob | None) -> bool:
    return job is not None and job.status == "InProgress"


def _call_until_visible(call: Callable[..., Any], request: Request) -> None:
    for pause in (*VISIBILITY_PAUSES, None):
        try:
            call(**request)
        except ClientError as error:
            message = error.response["Error"]["Message"]
            if pause is None or not any(text in message for text in NOT_VISIBLE_YET):
                raise
            time.sleep(pause)
        else:
            return


def is_missing(error: ClientError) -> bool:
    """Return whether the resource does not exist; SageMaker has no error code of its own for it."""
    details = error.response["Error"]
    return details["Code"] == "ResourceNotFound" or (
        details["Code"] == "ValidationException"
        and any(
            words in details["Message"] for words in ("Could not find", "not exist", "not found")
        )
    )


def _found(call: Callable[..., Any], **arguments: str) -> Any:
    try:
        return call(**arguments)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def _delete(client: Any, kind: str, **name: str) -> bool:
    """Delete a resource; return whether it is gone.

    The role may delete what has the stack's tag. What does not exist has no tag, so SageMaker may
    answer AccessDenied for it.
    """
    try:
        getattr(client, f"delete_{kind}")(**name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "AccessDeniedException" and not _found(
            getattr(client, f"describe_{kind}"), **name
        ):
            return True
        if code != "ValidationException":
            raise
        return is_missing(error)
    return True
