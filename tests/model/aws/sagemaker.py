"""SageMaker as the adapter sees it: jobs, models, configs and endpoints whose states take time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.model.aws.resources import (
    Resource,
    artifact_of,
    found,
    refuse_a_duplicate,
    refuse_existing,
    refuse_to_stop,
)
from tests.model.aws.tuning import TuningJobs
from tests.model.faults import client_error

TRAINING_SECONDS = 600.0
STOPPING_SECONDS = 100.0  # From StopTrainingJob to Stopped.
STARTING_SECONDS = 60.0  # From CreateProcessingJob to the start of its program.
CREATING_SECONDS = 400.0  # From CreateEndpoint to InService.
DELETING_SECONDS = 50.0
TRAINING_JOB = "SageMaker Training Job State Change"
PROCESSING_JOB = "SageMaker Processing Job State Change"
ENDPOINT = "SageMaker Endpoint State Change"


@dataclass(slots=True, kw_only=True)
class Platform:
    """What SageMaker needs of the world around it.

    `later` does something after so many seconds. `write_artifact` writes what a training job
    leaves: it gets the job's request and the artifact's address. `emit` sends an event: the kind,
    the name of the resource and its status. `run_program` starts the program of a processing job,
    whose end is reported with the exit status, or None for a kill, and its message; `kill_program`
    ends it.
    """

    clock: Callable[[], float]
    later: Callable[[float, Callable[[], None]], None]
    write_artifact: Callable[[dict[str, Any], str], None]
    emit: Callable[[str, str, str], None]
    run_program: Callable[[Resource, Callable[[int | None, str | None], None]], None]
    kill_program: Callable[[str], None]


class SageMaker(TuningJobs):
    """The account's SageMaker, with a quota of instances for training and for endpoints."""

    def __init__(self, platform: Platform, quota: int | None = None) -> None:
        super().__init__()
        self.platform = platform
        self.quota = quota
        self.training_jobs: dict[str, Resource] = {}
        self.processing_jobs: dict[str, Resource] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, Resource] = {}
        self.created_endpoints: list[Resource] = []
        self.gone: dict[str, float] = {}  # When endpoints were gone (epoch seconds).
        self.mistakes: list[str] = []  # What the product did that SageMaker's documents forbid.

    # Training jobs

    def create_training_job(self, **request: Any) -> Any:
        name = request["TrainingJobName"]
        refuse_a_duplicate("CreateTrainingJob", name, self.training_jobs)
        self._count_instances("CreateTrainingJob", self.training_jobs)
        job = Resource(name, "InProgress", self.platform.clock(), request)
        self.training_jobs[name] = job
        self.platform.later(TRAINING_SECONDS, lambda: self._complete(job))
        return {}

    def describe_training_job(self, *, TrainingJobName: str) -> Any:  # noqa: N803
        known = {**self.training_jobs, **self.trials}
        job = found("DescribeTrainingJob", TrainingJobName, known)
        completed = job.status == "Completed"
        return {
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.status,
            "FailureReason": job.reason,
            "ResourceConfig": job.request["ResourceConfig"],
            "BillableTimeInSeconds": int((job.ended or job.created) - job.created),
            "ModelArtifacts": {"S3ModelArtifacts": artifact_of(job)} if completed else {},
        }

    def _complete(self, job: Resource) -> None:
        if job.status == "InProgress":
            self.platform.write_artifact(job.request, artifact_of(job))
        self._end(job, "Completed", TRAINING_JOB)

    def stop_training_job(self, *, TrainingJobName: str) -> Any:  # noqa: N803
        job = found("StopTrainingJob", TrainingJobName, self.training_jobs)
        refuse_to_stop("StopTrainingJob", job)
        job.status = "Stopping"
        self.platform.later(STOPPING_SECONDS, lambda: self._end(job, "Stopped", TRAINING_JOB))
        return {}

    # Processing jobs

    def create_processing_job(self, **request: Any) -> Any:
        name = request["ProcessingJobName"]
        refuse_a_duplicate("CreateProcessingJob", name, self.processing_jobs)
        job = Resource(name, "InProgress", self.platform.clock(), request)
        self.processing_jobs[name] = job
        self.platform.later(STARTING_SECONDS, lambda: self._start_program(job))
        return {}

    def describe_processing_job(self, *, ProcessingJobName: str) -> Any:  # noqa: N803
        job = found("DescribeProcessingJob", ProcessingJobName, self.processing_jobs)
        times = {"ProcessingStartTime": job.started, "ProcessingEndTime": job.ended}
        return {
            "ProcessingJobStatus": job.status,
            "FailureReason": job.reason,
            "ExitMessage": job.message,
            "StoppingCondition": job.request["StoppingCondition"],
            **{key: datetime.fromtimestamp(value, UTC) for key, value in times.items() if value},
        }

    def stop_processing_job(self, *, ProcessingJobName: str) -> Any:  # noqa: N803
        job = found("StopProcessingJob", ProcessingJobName, self.processing_jobs)
        refuse_to_stop("StopProcessingJob", job)
        job.status = "Stopping"
        self.platform.kill_program(job.name)
        self.platform.later(STOPPING_SECONDS, lambda: self._end(job, "Stopped", PROCESSING_JOB))
        return {}

    def _start_program(self, job: Resource) -> None:
        if job.status != "InProgress":
            return
        job.started = self.platform.clock()

        def ended(status: int | None, message: str | None) -> None:
            job.message = message
            if status == 0:
                self._end(job, "Completed", PROCESSING_JOB)
            else:
                job.reason = "InternalServerError" if status is None else f"exit code {status}"
                self._end(job, "Failed", PROCESSING_JOB)

        self.platform.run_program(job, ended)

    # Models, configs and endpoints

    def create_model(self, **request: Any) -> Any:
        refuse_existing("CreateModel", request["ModelName"], self.models, "model")
        self.models[request["ModelName"]] = request
        return {}

    def create_endpoint_config(self, **request: Any) -> Any:
        name = request["EndpointConfigName"]
        refuse_existing("CreateEndpointConfig", name, self.configs, "endpoint configuration")
        self.configs[name] = request
        return {}

    def create_endpoint(self, **request: Any) -> Any:
        name, config = request["EndpointName"], request["EndpointConfigName"]
        refuse_existing("CreateEndpoint", name, self.endpoints, "endpoint")
        if config not in self.configs:
            raise client_error(
                "CreateEndpoint", "ValidationException", f"Could not find configuration {config}"
            )
        self._count_instances("CreateEndpoint", self.endpoints)
        endpoint = Resource(name, "Creating", self.platform.clock(), request)
        self.endpoints[name] = endpoint
        self.created_endpoints.append(endpoint)
        self.platform.later(CREATING_SECONDS, lambda: self._in_service(endpoint))
        return {}

    def update_endpoint(self, *, EndpointName: str, EndpointConfigName: str) -> Any:  # noqa: N803
        endpoint = found("UpdateEndpoint", EndpointName, self.endpoints)
        found("UpdateEndpoint", EndpointConfigName, self.configs)
        if endpoint.status != "InService":
            raise client_error(
                "UpdateEndpoint", "ValidationException", "Cannot update in-progress endpoint"
            )
        endpoint.status = "Updating"
        self.platform.later(CREATING_SECONDS, lambda: self._updated(endpoint, EndpointConfigName))
        return {}

    def describe_endpoint(self, *, EndpointName: str) -> Any:  # noqa: N803
        endpoint = found("DescribeEndpoint", EndpointName, self.endpoints)
        return {
            "EndpointStatus": endpoint.status,
            "FailureReason": endpoint.reason,
            "EndpointConfigName": endpoint.request["EndpointConfigName"],
        }

    def list_endpoints(self, *, NameContains: str) -> Any:  # noqa: N803
        """List the endpoints with a part of a name."""
        return {"Endpoints": [{"EndpointName": n} for n in self.endpoints if NameContains in n]}

    def delete_endpoint(self, *, EndpointName: str) -> Any:  # noqa: N803
        endpoint = found("DeleteEndpoint", EndpointName, self.endpoints)
        if endpoint.status in ("Creating", "Updating", "Deleting"):
            raise client_error(
                "DeleteEndpoint", "ValidationException", "Cannot update in-progress endpoint"
            )
        endpoint.status = "Deleting"
        self.platform.later(DELETING_SECONDS, lambda: self._gone(EndpointName))
        return {}

    def delete_endpoint_config(self, *, EndpointConfigName: str) -> Any:  # noqa: N803
        self._note_use("config", EndpointConfigName)
        found("DeleteEndpointConfig", EndpointConfigName, self.configs)
        del self.configs[EndpointConfigName]
        return {}

    def delete_model(self, *, ModelName: str) -> Any:  # noqa: N803
        self._note_use("model", ModelName)
        found("DeleteModel", ModelName, self.models)
        del self.models[ModelName]
        return {}

    def invoke_endpoint(self, *, EndpointName: str) -> None:  # noqa: N803
        """Raise unless the endpoint answers."""
        endpoint = self.endpoints.get(EndpointName)
        if endpoint is None or endpoint.status not in ("InService", "Updating"):
            raise client_error(
                "InvokeEndpoint", "ValidationError", f"Endpoint {EndpointName} not found."
            )

    def _in_service(self, endpoint: Resource) -> None:
        if endpoint.status == "Creating":
            endpoint.status = "InService"
            self.platform.emit(ENDPOINT, endpoint.name, "IN_SERVICE")

    def _updated(self, endpoint: Resource, config: str) -> None:
        if endpoint.status == "Updating":
            endpoint.status = "InService"
            endpoint.request = {**endpoint.request, "EndpointConfigName": config}
            self.platform.emit(ENDPOINT, endpoint.name, "IN_SERVICE")

    def _gone(self, name: str) -> None:
        if self.endpoints[name].status == "Deleting":
            del self.endpoints[name]
            self.gone[name] = self.platform.clock()

    def _note_use(self, what: str, name: str) -> None:
        """An endpoint's config and model must stay until the endpoint is being deleted.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpointConfig.html
        """
        endpoint = self.endpoints.get(name.removesuffix("-tuned"))
        if endpoint and endpoint.status != "Deleting":
            self.mistakes.append(f"the {what} {name} was deleted under its endpoint")

    def _count_instances(self, operation: str, resources: dict[str, Resource]) -> None:
        ended = ("Completed", "Failed", "Stopped")
        used = sum(each.status not in ended for each in resources.values())
        if self.quota is not None and used >= self.quota:
            raise client_error(
                operation, "ResourceLimitExceeded", f"The limit is {self.quota} Instances."
            )
