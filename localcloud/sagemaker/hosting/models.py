"""CreateModel, DescribeModel, ListModels, DeleteModel: a container image and its model data."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker import resources
from localcloud.sagemaker.errors import not_emulated, refuse_members, validation_error
from localcloud.sagemaker.hosting.registry import Registry
from localcloud.sagemaker.images import find_image
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.storage import S3Location

if TYPE_CHECKING:
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import ServiceRequest

_LISTING = Listing(
    answer="Models", prefix="Model", members=("ModelName", "ModelArn", "CreationTime")
)
_CONTAINER_NOT_EMULATED = ("ModelPackageName", "InferenceSpecificationName", "MultiModelConfig")


class Models:
    """Every model, by name."""

    def __init__(self, runtime: Runtime, tags: Tags) -> None:
        self._runtime = runtime
        self._models: Registry[dict[str, Any]] = Registry(runtime.platform, tags, "model", "model")

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateModel: the model data in S3 is not read before an endpoint starts."""
        payload = request.payload
        _check(payload)
        find_image(self._runtime.settings.images, payload["PrimaryContainer"]["Image"], "serve")
        role = payload["ExecutionRoleArn"]
        self._runtime.platform.check_pass_role(
            request.access_key_id, role, resources.SERVICE_PRINCIPAL
        )
        self._runtime.assume_role(role)
        name = payload["ModelName"]
        model = {member: value for member, value in payload.items() if member != "Tags"}
        model |= {"CreationTime": time.time(), "ModelArn": self._models.arn(name)}
        self._models.add(request, name, model)
        return {"ModelArn": model["ModelArn"]}

    def describe(self, request: ServiceRequest) -> dict[str, Any]:
        """DescribeModel."""
        return self.get(request.payload["ModelName"])

    def list(self, request: ServiceRequest) -> dict[str, Any]:
        """ListModels."""
        return _LISTING.page(request.payload, self._models.all())

    def delete(self, request: ServiceRequest) -> dict[str, Any]:
        """DeleteModel: endpoints that were created with it keep running."""
        self._models.remove(request.payload["ModelName"])
        return {}

    def get(self, name: str) -> dict[str, Any]:
        """The model of this name; ValidationException when there is none."""
        return self._models.get(name)


def _check(payload: dict[str, Any]) -> None:
    for member in ("Containers", "InferenceExecutionConfig"):
        if payload.get(member):
            raise not_emulated(f"CreateModel {member}", "use PrimaryContainer")
    for member in ("PrimaryContainer", "ExecutionRoleArn"):
        if not payload.get(member):
            raise validation_error(f"{member} is required")
    container = payload["PrimaryContainer"]
    refuse_members(container, _CONTAINER_NOT_EMULATED, "PrimaryContainer.")
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise not_emulated("PrimaryContainer.Mode MultiModel")
    if not container.get("Image"):
        raise validation_error("Image is required in PrimaryContainer")
    if container.get("ModelDataUrl") and container.get("ModelDataSource"):
        raise validation_error("Only one of ModelDataUrl and ModelDataSource can be given")
    _check_sources(container)


def _check_sources(container: dict[str, Any]) -> None:
    additional = container.get("AdditionalModelDataSources") or []
    names = [source["ChannelName"] for source in additional]
    if len(set(names)) < len(names):
        raise validation_error(f"ChannelName must be unique: {', '.join(names)}")
    places = {f"AdditionalModelDataSources {item['ChannelName']}": item for item in additional}
    if container.get("ModelDataSource"):
        places["ModelDataSource"] = container["ModelDataSource"]
    for place, holder in places.items():
        source = holder.get("S3DataSource")
        if source is None:
            raise validation_error(f"{place}: S3DataSource is required")
        _check_source(place, source)


def _check_source(place: str, source: dict[str, Any]) -> None:
    if source.get("HubAccessConfig") or source.get("ManifestS3Uri"):
        raise not_emulated(f"{place}: HubAccessConfig and ManifestS3Uri")
    try:
        location = S3Location.parse(source["S3Uri"])
    except ValueError as error:
        raise validation_error(f"{place}: {error}") from error
    if source["S3DataType"] == "S3Prefix":
        if not location.key.endswith("/"):
            raise validation_error(
                f"{place}: S3Uri {source['S3Uri']} must end with a forward slash when S3DataType "
                "is S3Prefix"
            )
        if source["CompressionType"] != "None":
            raise validation_error(f"{place}: CompressionType Gzip needs S3DataType S3Object")
