"""Questions to an endpoint in SageMaker's runtime."""

import json
import time
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from tunedrop.documents.answers import Answer
from tunedrop.errors import HostingError
from tunedrop.ports.services import Request

# Temporary errors of the SageMaker runtime, after which the request is sent again.
RETRYABLE = (
    "ModelError",
    "ModelNotReadyException",
    "InternalDependencyException",
    "InternalFailure",
    "ServiceUnavailable",
    "ThrottlingException",
)
PAUSES = (0.5, 1.0, 2.0, 4.0)  # Seconds before each retry of a temporary error.
BAD_REQUEST, SERVER_ERROR = 400, 500  # HTTP status codes.


class EndpointInference:
    """The SageMaker runtime as `tunedrop.ports.services.Inference`."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def chat(self, endpoint: str, payload: Request) -> Answer:
        """Send one chat in the OpenAI format; retry while the container is busy or restarting.

        Raises HostingError when the endpoint is gone, refuses the request or keeps failing.
        """
        began = time.monotonic()
        for pause in (*PAUSES, None):
            try:
                body = self._invoke(endpoint, payload)
            except (ClientError, HTTPClientError) as error:
                if pause is None or not _may_recover(error):
                    raise _unanswered(endpoint, error) from error
                time.sleep(pause)
            else:
                return _answer(body, time.monotonic() - began)
        raise AssertionError("unreachable: the last error is raised")

    def _invoke(self, endpoint: str, payload: Request) -> Any:
        answer = self.client.invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/json",
            Body=json.dumps(payload).encode(),
        )
        return json.loads(answer["Body"].read())


def _answer(body: Any, seconds: float) -> Answer:
    choice, usage = body["choices"][0], body.get("usage", {})
    return Answer(
        text=choice["message"]["content"] or "",
        finish_reason=choice.get("finish_reason") or "stop",
        prompt_tokens=usage.get("prompt_tokens", 0),
        completion_tokens=usage.get("completion_tokens", 0),
        seconds=seconds,
    )


def _may_recover(error: Exception) -> bool:
    """Return whether a retry can help; it cannot when the container refused the request."""
    if not isinstance(error, ClientError):
        return True
    status = error.response.get("OriginalStatusCode", 0)
    retryable = error.response["Error"]["Code"] in RETRYABLE
    return retryable and not BAD_REQUEST <= status < SERVER_ERROR


def _unanswered(endpoint: str, error: Exception) -> HostingError:
    reason = str(error)
    if isinstance(error, ClientError):
        reason = error.response.get("OriginalMessage") or error.response["Error"]["Message"]
    return HostingError(
        f"The endpoint {endpoint} stopped answering: {reason}",
        f"Read the log group /aws/sagemaker/Endpoints/{endpoint}; then drop the file again.",
    )
