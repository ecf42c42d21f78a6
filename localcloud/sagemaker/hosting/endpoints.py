"""CreateEndpoint, DescribeEndpoint, ListEndpoints, DeleteEndpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.hosting.deployment import Deployment
from localcloud.sagemaker.hosting.endpoint import Endpoint, new_description
from localcloud.sagemaker.hosting.registry import Registry
from localcloud.sagemaker.images import find_image
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.tags import request_tags

if TYPE_CHECKING:
    from localcloud.sagemaker.hosting.endpoint_configs import EndpointConfigs
    from localcloud.sagemaker.hosting.models import Models
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import ServiceRequest

_LISTING = Listing(
    answer="Endpoints",
    prefix="Endpoint",
    members=(
        "EndpointName",
        "EndpointArn",
        "CreationTime",
        "LastModifiedTime",
        "EndpointStatus",
    ),
)


class Endpoints:
    """Every endpoint that is not deleted, by name."""

    def __init__(
        self, runtime: Runtime, tags: Tags, models: Models, configs: EndpointConfigs
    ) -> None:
        self._runtime = runtime
        self._tags = tags
        self._models = models
        self._configs = configs
        self._endpoints: Registry[Endpoint] = Registry(
            runtime.platform, tags, "endpoint", "endpoint"
        )

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateEndpoint: answers at once; the endpoint starts on a thread and in a process."""
        name, config_name = request.payload["EndpointName"], request.payload["EndpointConfigName"]
        # AWS authorizes this action for the endpoint, which is done already, and for its
        # configuration.
        self._runtime.platform.check_action(
            request.access_key_id,
            "sagemaker:CreateEndpoint",
            self._configs.arn(config_name),
            request_tags(request),
        )
        config = self._configs.get(config_name)
        model = self._models.get(config["ProductionVariants"][0]["ModelName"])
        image_uri = model["PrimaryContainer"]["Image"]
        image = find_image(self._runtime.settings.images, image_uri, "serve")
        credentials = self._runtime.assume_role(model["ExecutionRoleArn"])
        arn = self._endpoints.arn(name)
        endpoint = Endpoint(
            new_description(name, arn, config, image_uri),
            config["ProductionVariants"][0],
            self._runtime,
            tags=lambda: self._tags.of(arn),
        )
        self._endpoints.add(request, name, endpoint)
        endpoint.move("Creating")
        deployment = Deployment(endpoint, model, self._runtime, image, credentials)
        self._runtime.start_thread(lambda: self._run(deployment, name), name=f"endpoint-{name}")
        return {"EndpointArn": arn}

    def _run(self, deployment: Deployment, name: str) -> None:
        deployment.run()
        if not self._runtime.closing.is_set():
            self._endpoints.remove(name)

    def describe(self, request: ServiceRequest) -> dict[str, Any]:
        """DescribeEndpoint."""
        return self.get(request.payload["EndpointName"]).describe()

    def list(self, request: ServiceRequest) -> dict[str, Any]:
        """ListEndpoints."""
        return _LISTING.page(request.payload, [item.describe() for item in self._endpoints.all()])

    def delete(self, request: ServiceRequest) -> dict[str, Any]:
        """DeleteEndpoint: the endpoint is Deleting when this answers, and is deleted soon after."""
        self.get(request.payload["EndpointName"]).request_delete()
        return {}

    def get(self, name: str) -> Endpoint:
        """The endpoint of this name; ValidationException when there is none."""
        return self._endpoints.get(name)
