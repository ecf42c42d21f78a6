"""InvokeEndpoint: forwards a request to the serving program, and answers failures as AWS does.

Source: API reference of InvokeEndpoint; users of the SDKs have reported the messages.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

from localcloud.sagemaker.errors import not_emulated
from localcloud.sagemaker.hosting.server import HOST
from localcloud.sagemaker.resources import INVOKE_PATH
from localcloud.service import ServiceError, ServiceResponse

if TYPE_CHECKING:
    from localcloud.sagemaker.hosting.endpoint import Endpoint
    from localcloud.sagemaker.hosting.endpoints import Endpoints
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.service import ServiceRequest

MAX_BODY_BYTES = 6_291_456
"""SageMaker accepts 6 MiB."""
MODEL_ERROR_STATUS = 424
CONTENT_TOO_LARGE = 413
ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
VARIANT = "x-amzn-sagemaker-target-variant"
ANSWERING = ("InService", "Updating", "RollingBack")
"""The statuses in which an endpoint answers; during an update the program before it does."""
_PASSED_ON = ("content-type", "accept", ATTRIBUTES)
_NOT_EMULATED = (
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-sagemaker-enable-explanations",
    "x-amzn-sagemaker-session-id",
)


class Invocations:
    """The runtime API of all endpoints."""

    def __init__(self, runtime: Runtime, endpoints: Endpoints) -> None:
        self._runtime = runtime
        self._endpoints = endpoints

    def invoke(self, request: ServiceRequest) -> ServiceResponse:
        """InvokeEndpoint: the program's answer, or a ModelError when it gives none."""
        endpoint = self._find(request)
        if len(request.body) > MAX_BODY_BYTES:
            return _too_large()
        for header in _NOT_EMULATED:
            if header in request.headers:
                raise not_emulated(f"InvokeEndpoint {header}")
        if endpoint.port is None:
            return self._model_error(endpoint, 0, "The container is not running")
        try:
            return self._forward(endpoint, endpoint.port, request)
        except TimeoutError:
            return self._model_error(
                endpoint,
                0,
                "Your invocation timed out while waiting for a response from container primary. "
                "Review the latency metrics for each container in Amazon CloudWatch, resolve the "
                "issue, and try again.",
            )
        except (OSError, http.client.HTTPException) as error:
            return self._model_error(endpoint, 0, f"The container broke the connection: {error}")

    def _find(self, request: ServiceRequest) -> Endpoint:
        """The endpoint in service with exactly this name; raises ServiceError without one."""
        path = INVOKE_PATH.fullmatch(request.path)
        name = path.group(1) if path else ""
        try:
            endpoint = self._endpoints.get(name)
        except ServiceError:
            endpoint = None
        if endpoint is None or endpoint.name != name or endpoint.status not in ANSWERING:
            account = self._runtime.platform.account_id
            raise ServiceError(
                "ValidationError", f"Endpoint {name} of account {account} not found."
            )
        variant = request.headers.get(VARIANT, endpoint.variant_name)
        if variant != endpoint.variant_name:
            raise ServiceError(
                "ValidationError", f"Variant {variant} not found in endpoint {name}."
            )
        return endpoint

    def _forward(self, endpoint: Endpoint, port: int, request: ServiceRequest) -> ServiceResponse:
        limit = self._runtime.settings.invocation_seconds
        connection = http.client.HTTPConnection(HOST, port, timeout=limit)
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        try:
            connection.request("POST", "/invocations", body=request.body, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if not http.client.OK <= answer.status < http.client.MULTIPLE_CHOICES:
            return self._model_error(endpoint, answer.status, body.decode("utf-8", "replace"))
        headers = {
            "Content-Type": answer.getheader("Content-Type", "application/octet-stream"),
            "x-Amzn-Invoked-Production-Variant": endpoint.variant_name,
        }
        if attributes := answer.getheader(ATTRIBUTES):
            headers[ATTRIBUTES] = attributes
        return ServiceResponse(body=body, headers=headers)

    def _model_error(self, endpoint: Endpoint, status: int, message: str) -> ServiceResponse:
        group = f"/aws/sagemaker/Endpoints/{endpoint.name}"
        side = "client" if 400 <= status < 500 else "server"  # noqa: PLR2004  # HTTP's ranges
        text = (
            f'Received {side} error ({status}) from primary with message "{message}". '
            f"See CloudWatch log group {group} for more information."
        )
        body = {
            "Message": text,
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": self._runtime.platform.arn("logs", f"log-group:{group}"),
        }
        return _error(MODEL_ERROR_STATUS, body, {"x-amzn-errortype": "ModelError"})


def _too_large() -> ServiceResponse:
    """On AWS this answer comes without an error code, so that SDKs show the status."""
    words = f"HTTP content length exceeded {MAX_BODY_BYTES} bytes."
    return _error(CONTENT_TOO_LARGE, {"message": words}, {})


def _error(status: int, body: dict[str, object], headers: dict[str, str]) -> ServiceResponse:
    return ServiceResponse(
        body=json.dumps(body).encode(),
        status=status,
        headers={"Content-Type": "application/json", **headers},
    )
