"""CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs, DeleteEndpointConfig."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import not_emulated, refuse_members, validation_error
from localcloud.sagemaker.hosting.registry import Registry
from localcloud.sagemaker.listing import Listing

if TYPE_CHECKING:
    from localcloud.sagemaker.hosting.models import Models
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import ServiceRequest

_LISTING = Listing(
    answer="EndpointConfigs",
    prefix="EndpointConfig",
    members=("EndpointConfigName", "EndpointConfigArn", "CreationTime"),
)
_NOT_EMULATED = (
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "ExecutionRoleArn",
)
_VARIANT_NOT_EMULATED = (
    "AcceleratorType",
    "CoreDumpConfig",
    "ServerlessConfig",
    "ManagedInstanceScaling",
    "CapacityReservationConfig",
)


class EndpointConfigs:
    """Every endpoint configuration, by name."""

    def __init__(self, runtime: Runtime, tags: Tags, models: Models) -> None:
        self._models = models
        self._configs: Registry[dict[str, Any]] = Registry(
            runtime.platform, tags, "endpoint-config", "endpoint configuration"
        )

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateEndpointConfig: one production variant of an existing model."""
        payload = request.payload
        refuse_members(payload, _NOT_EMULATED, "CreateEndpointConfig ")
        _check_variants(payload["ProductionVariants"])
        self._models.get(payload["ProductionVariants"][0]["ModelName"])
        name = payload["EndpointConfigName"]
        config = {member: value for member, value in payload.items() if member != "Tags"}
        config |= {"CreationTime": time.time(), "EndpointConfigArn": self._configs.arn(name)}
        self._configs.add(request, name, config)
        return {"EndpointConfigArn": config["EndpointConfigArn"]}

    def describe(self, request: ServiceRequest) -> dict[str, Any]:
        """DescribeEndpointConfig."""
        return self.get(request.payload["EndpointConfigName"])

    def list(self, request: ServiceRequest) -> dict[str, Any]:
        """ListEndpointConfigs."""
        return _LISTING.page(request.payload, self._configs.all())

    def delete(self, request: ServiceRequest) -> dict[str, Any]:
        """DeleteEndpointConfig: endpoints that were created with it keep running."""
        self._configs.remove(request.payload["EndpointConfigName"])
        return {}

    def get(self, name: str) -> dict[str, Any]:
        """The configuration of this name; ValidationException when there is none."""
        return self._configs.get(name)

    def arn(self, name: str) -> str:
        """The ARN of the configuration of this name."""
        return self._configs.arn(name)


def _check_variants(variants: list[dict[str, Any]]) -> None:
    if len(variants) != 1:
        raise not_emulated("more than one production variant", "use one")
    variant = variants[0]
    refuse_members(variant, _VARIANT_NOT_EMULATED, "ProductionVariants.")
    if not variant.get("ModelName"):
        raise not_emulated("a variant without ModelName (inference components)", "name a model")
    if bool(variant.get("InstanceType")) == bool(variant.get("InstancePools")):
        raise validation_error(
            "A production variant must have exactly one of InstanceType and InstancePools"
        )
    if any("ModelNameOverride" in pool for pool in variant.get("InstancePools") or []):
        raise not_emulated("InstancePools.ModelNameOverride")
    if variant.get("InitialInstanceCount", 1) != 1:
        raise not_emulated("InitialInstanceCount other than 1", "use one instance")
