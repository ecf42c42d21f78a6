"""Endpoints of the hosting tests: their requests, their state and their answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.account import ACCOUNT, REGION, ROLE, SERVING_IMAGE
from tests.support.local_aws.sagemaker.cloud import Cloud, wait_for
from tests.support.local_aws.sagemaker.requests import s3_prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"


def model_request(
    name: str,
    *,
    container: dict[str, Any] | None = None,
    tags: Sequence[dict[str, str]] = (),
    **changes: Any,
) -> dict[str, Any]:
    """A CreateModel request: base weights, one adapter, network isolation."""
    default = {
        "Image": SERVING_IMAGE,
        "ModelDataSource": s3_prefix("weights/"),
        "AdditionalModelDataSources": [{"ChannelName": "tuned", **s3_prefix("adapter/")}],
    }
    environment = changes.pop("Environment", {})
    return {
        "ModelName": name,
        "PrimaryContainer": {**(container or default), "Environment": environment},
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": True,
        "Tags": list(tags),
        **changes,
    }


def variant(model: str) -> dict[str, Any]:
    """A production variant of the model."""
    return {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.g6.xlarge",
        "InitialVariantWeight": 1.0,
        "InferenceAmiVersion": "al2023-ami-sagemaker-inference-gpu-4-1",
        "ContainerStartupHealthCheckTimeoutInSeconds": 600,
    }


def create_endpoint(cloud: Cloud, name: str, **model: Any) -> None:
    """Create a model, a configuration and an endpoint of one name; `tags` go to the endpoint."""
    sagemaker = cloud.client("sagemaker")
    tags = model.pop("tags", [])
    sagemaker.create_model(**model_request(name, **model))
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(name)])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)


def settled(cloud: Cloud, name: str) -> dict[str, Any]:
    """DescribeEndpoint once it is no longer Creating."""
    sagemaker = cloud.client("sagemaker")

    def done() -> dict[str, Any] | None:
        endpoint: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
        return endpoint if endpoint["EndpointStatus"] != "Creating" else None

    return wait_for(done)


def deployed(cloud: Cloud, name: str, **model: Any) -> None:
    """Create an endpoint, and wait until it is in service."""
    create_endpoint(cloud, name, **model)
    endpoint = settled(cloud, name)
    assert endpoint["EndpointStatus"] == "InService", endpoint


def is_gone(sagemaker: Any, name: str) -> bool:
    """Whether the endpoint is deleted."""
    try:
        sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        words = error.response["Error"]["Message"]
        return bool(words == f'Could not find endpoint "{ARN}:endpoint/{name}".')
    return False


def invoke(cloud: Cloud, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of the program to a JSON request."""
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=json.dumps(request), ContentType="application/json"
    )
    document: dict[str, Any] = json.loads(answer["Body"].read())
    return document
