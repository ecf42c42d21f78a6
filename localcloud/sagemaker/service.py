"""SageMaker as one service: one table has every operation that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from localcloud.sagemaker import resources, shapes
from localcloud.sagemaker.errors import not_emulated
from localcloud.sagemaker.hosting.endpoint_configs import EndpointConfigs
from localcloud.sagemaker.hosting.endpoints import Endpoints
from localcloud.sagemaker.hosting.invocation import Invocations
from localcloud.sagemaker.hosting.models import Models
from localcloud.sagemaker.processing.operations import ProcessingJobs
from localcloud.sagemaker.runtime import Runtime
from localcloud.sagemaker.tags import Tags
from localcloud.sagemaker.training.operations import TrainingJobs
from localcloud.sagemaker.tuning.operations import TuningJobs
from localcloud.service import ServiceError, ServiceRequest, ServiceResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.platform import Platform
    from localcloud.sagemaker.settings import SageMakerSettings

Operation: TypeAlias = "Callable[[ServiceRequest], dict[str, Any]]"


class SageMakerService:
    """Answers SageMaker requests that IAM has allowed; a `localcloud.service.Service`."""

    def __init__(self, platform: Platform, settings: SageMakerSettings) -> None:
        self._platform = platform
        self._runtime = Runtime(platform, settings)
        self.tags = tags = Tags(platform)
        training = TrainingJobs(self._runtime, tags)
        tuning = TuningJobs(self._runtime, tags, training)
        processing = ProcessingJobs(self._runtime, tags)
        models = Models(self._runtime, tags)
        configs = EndpointConfigs(self._runtime, tags, models)
        endpoints = Endpoints(self._runtime, tags, models, configs)
        self._invocations = Invocations(self._runtime, endpoints)
        self._operations: dict[str, Operation] = {
            "CreateTrainingJob": training.create,
            "DescribeTrainingJob": training.describe,
            "ListTrainingJobs": training.list,
            "StopTrainingJob": training.stop,
            "CreateHyperParameterTuningJob": tuning.create,
            "DescribeHyperParameterTuningJob": tuning.describe,
            "ListHyperParameterTuningJobs": tuning.list,
            "ListTrainingJobsForHyperParameterTuningJob": tuning.list_trials,
            "StopHyperParameterTuningJob": tuning.stop,
            "CreateProcessingJob": processing.create,
            "DescribeProcessingJob": processing.describe,
            "ListProcessingJobs": processing.list,
            "StopProcessingJob": processing.stop,
            "CreateModel": models.create,
            "DescribeModel": models.describe,
            "ListModels": models.list,
            "DeleteModel": models.delete,
            "CreateEndpointConfig": configs.create,
            "DescribeEndpointConfig": configs.describe,
            "ListEndpointConfigs": configs.list,
            "DeleteEndpointConfig": configs.delete,
            "CreateEndpoint": endpoints.create,
            "UpdateEndpoint": endpoints.update,
            "DescribeEndpoint": endpoints.describe,
            "ListEndpoints": endpoints.list,
            "DeleteEndpoint": endpoints.delete,
            "AddTags": tags.add,
            "ListTags": tags.list,
            "DeleteTags": tags.delete,
        }

    def handle(self, request: ServiceRequest) -> dict[str, Any] | ServiceResponse:
        """Check the request and run its operation; raises ServiceError for an AWS error."""
        if request.operation == "InvokeEndpoint":
            return self._invocations.invoke(request)
        operation = self._operations.get(request.operation)
        if operation is None:
            raise _unknown(request)
        shapes.check_request(request.operation, request.payload)
        return operation(request)

    def resource_arn(self, request: ServiceRequest) -> str:
        """What IAM checks the caller's policies against."""
        return resources.resource_arn(self._platform, request)

    def resource_tags(self) -> list[tuple[str, list[dict[str, str]]]]:
        """Every resource's ARN and tags, as IAM needs them for aws:ResourceTag."""
        return self.tags.all()

    def close(self) -> None:
        """End every process and remove every folder; the service must not be used afterwards."""
        self._runtime.close()


def _unknown(request: ServiceRequest) -> ServiceError:
    name = request.operation or f"{request.method} {request.path}"
    if shapes.is_operation(name) or name in resources.ROUTES.values():
        return not_emulated(f"SageMaker {name}", "this part of a program runs on AWS only")
    return ServiceError("UnknownOperationException", f"SageMaker has no operation {name}")
