"""CreateEndpoint, UpdateEndpoint, DescribeEndpoint, ListEndpoints, DeleteEndpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.hosting.deployment import Configuration, Deployment
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
        self._deployments: dict[str, Deployment] = {}
        self._endpoints: Registry[Endpoint] = Registry(
            runtime.platform, tags, "endpoint", "endpoint"
        )

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateEndpoint: answers at once; the endpoint starts on a thread and in a process."""
        name = request.payload["EndpointName"]
        found = self._configuration(request)
        arn = self._endpoints.arn(name)
        endpoint = Endpoint(
            new_description(name, arn, found.config, found.model["PrimaryContainer"]["Image"]),
            self._runtime,
            tags=lambda: self._tags.of(arn),
        )
        self._endpoints.add(request, name, endpoint)
        endpoint.move("Creating")
        self._start(name, Deployment(endpoint, found, self._runtime))
        return {"EndpointArn": arn}

    def update(self, request: ServiceRequest) -> dict[str, Any]:
        """UpdateEndpoint: answers at once; the new program starts beside the one that serves.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
        """
        name = request.payload["EndpointName"]
        endpoint, found = self.get(name), self._configuration(request)
        endpoint.begin_update()
        self._start(name, Deployment(endpoint, found, self._runtime, self._deployments[name]))
        return {"EndpointArn": self._endpoints.arn(name)}

    def _configuration(self, request: ServiceRequest) -> Configuration:
        """Return what a request asks for; raises ServiceError when it may not be used."""
        config_name = request.payload["EndpointConfigName"]
        # AWS authorizes these actions for the endpoint, which is done already, and for its
        # configuration.
        self._runtime.platform.check_action(
            request.access_key_id,
            f"sagemaker:{request.operation}",
            self._configs.arn(config_name),
            request_tags(request),
        )
        config = self._configs.get(config_name)
        model = self._models.get(config["ProductionVariants"][0]["ModelName"])
        image_uri = model["PrimaryContainer"]["Image"]
        return Configuration(
            config=config,
            model=model,
            image=find_image(self._runtime.settings.images, image_uri, "serve"),
            credentials=self._runtime.assume_role(model["ExecutionRoleArn"]),
        )

    def _start(self, name: str, deployment: Deployment) -> None:
        """Run a deployment in a thread; one that failed to replace another changes nothing."""
        before = self._deployments.get(name)
        self._deployments[name] = deployment
        self._runtime.start_thread(
            lambda: self._run(deployment, before, name), name=f"endpoint-{name}"
        )

    def _run(self, deployment: Deployment, before: Deployment | None, name: str) -> None:
        deployment.run()
        if self._runtime.closing.is_set():
            return
        if deployment.replaced.is_set():
            if self._deployments.get(name) is deployment and before is not None:
                self._deployments[name] = before
        elif self._deployments.get(name) is deployment:
            self._endpoints.remove(name)
            del self._deployments[name]

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
