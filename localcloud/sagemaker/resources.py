"""Names, ARNs, and which resource a request acts on, for IAM.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
SageMaker".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.sagemaker.platform import Platform
    from localcloud.service import ServiceRequest

SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"
TARGET_PREFIX = "SageMaker."
INVOKE_PATH = re.compile(r"/endpoints/([^/]+)/invocations")
ROUTES = {
    r"POST /endpoints/[^/]+/invocations": "InvokeEndpoint",
    r"POST /endpoints/[^/]+/async-invocations": "InvokeEndpointAsync",
    r"POST /endpoints/[^/]+/invocations-response-stream": "InvokeEndpointWithResponseStream",
}
"""Operations of the sagemaker-runtime API, which is REST."""

ABOUT_ONE = ("ListTags", "ListTrainingJobsForHyperParameterTuningJob")
"""List operations that act on one resource, while others list all."""

_KINDS = {
    "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
    "TrainingJobName": "training-job",
    "ProcessingJobName": "processing-job",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
}
"""ARN kinds by the request member with the name; the first member in a request counts."""


def arn(platform: Platform, kind: str, name: str) -> str:
    """The ARN of a resource; SageMaker writes names in lower case there."""
    return platform.arn("sagemaker", f"{kind}/{name.lower()}")


def resource_arn(platform: Platform, request: ServiceRequest) -> str:
    """What IAM checks the caller's policies against: an ARN, or `*` for operations on no resource.

    It is called before the request is checked, so it accepts any payload.
    """
    if request.path.startswith("/endpoints/"):
        return arn(platform, "endpoint", request.path.split("/")[2])
    if request.operation.startswith("List") and request.operation not in ABOUT_ONE:
        return "*"
    given = request.payload.get("ResourceArn")
    if isinstance(given, str):
        return given
    for member, kind in _KINDS.items():
        name = request.payload.get(member)
        if isinstance(name, str):
            return arn(platform, kind, name)
    return "*"
