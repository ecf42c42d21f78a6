"""InvokeEndpoint: its limits and its errors."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.hosting.endpoints import (
    create_endpoint,
    deployed,
    settled,
)
from tests.support.local_aws.sagemaker.account import ACCOUNT, REGION
from tests.support.local_aws.sagemaker.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENDPOINT = "shared-endpoint"


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud) -> Iterator[str]:
    deployed(cloud, ENDPOINT)
    yield ENDPOINT
    cloud.client("sagemaker").delete_endpoint(EndpointName=ENDPOINT)


def refusal(cloud: Cloud, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        cloud.client("sagemaker-runtime").invoke_endpoint(**request)
    answer: dict[str, Any] = refused.value.response
    return answer


@pytest.mark.parametrize(("status", "side"), [(400, "client"), (503, "server")])
def test_error_of_the_program_is_a_model_error(
    cloud: Cloud, endpoint: str, status: int, side: str
) -> None:
    # Given
    body = f'{{"status": {status}}}'

    # When
    answer = refusal(cloud, EndpointName=endpoint, Body=body, ContentType="application/json")

    # Then
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == status
    assert '"path": "/invocations"' in answer["OriginalMessage"]
    assert answer["LogStreamArn"] == (
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/{endpoint}"
    )
    assert answer["Error"]["Message"].startswith(
        f"Received {side} error ({status}) from primary with message "
    )


def test_program_that_takes_too_long_is_a_model_error(tmp_path: Path) -> None:
    """The emulated AWS is its own: a limit of one second is too short for other tests."""
    # Given
    own = Cloud(tmp_path, invocation_seconds=1.0)
    own.prepare()
    deployed(own, ENDPOINT)

    # When
    answer = refusal(
        own, EndpointName=ENDPOINT, Body='{"sleep": 600}', ContentType="application/json"
    )
    own.stop()

    # Then
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["OriginalStatusCode"] == 0
    assert "Your invocation timed out while waiting for a response" in answer["OriginalMessage"]


def test_largest_body_passes_and_one_byte_more_does_not(cloud: Cloud, endpoint: str) -> None:
    # Given
    runtime = cloud.client("sagemaker-runtime")
    limit = 6_291_456

    # When
    largest = runtime.invoke_endpoint(
        EndpointName=endpoint, Body=b"x" * limit, ContentType="text/plain"
    )
    answer = refusal(
        cloud, EndpointName=endpoint, Body=b"x" * (limit + 1), ContentType="text/plain"
    )

    # Then
    assert f'"bytes": {limit}'.encode() in largest["Body"].read()
    assert answer["Error"] == {
        "Code": "413",
        "Message": "HTTP content length exceeded 6291456 bytes.",
    }


@pytest.mark.parametrize("missing", ["no-such-endpoint", ENDPOINT.upper()])
@pytest.mark.usefixtures("endpoint")
def test_an_endpoint_that_does_not_exist_is_not_found(cloud: Cloud, missing: str) -> None:
    """The name must have the same case as when it was created."""
    # When
    answer = refusal(cloud, EndpointName=missing, Body=b"{}", ContentType="application/json")

    # Then
    assert answer["Error"] == {
        "Code": "ValidationError",
        "Message": f"Endpoint {missing} of account {ACCOUNT} not found.",
    }


def test_endpoint_that_is_not_in_service_is_not_found(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    create_endpoint(cloud, name, Environment={"BEHAVIOUR": "exits"})
    settled(cloud, name)

    # When
    answer = refusal(cloud, EndpointName=name, Body=b"{}", ContentType="application/json")

    # Then
    assert answer["Error"]["Code"] == "ValidationError"
    sagemaker.delete_endpoint(EndpointName=name)


def test_caller_without_permission_for_this_endpoint_is_denied(
    cloud: Cloud, endpoint: str, name: str
) -> None:
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    other = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/another"
    statement = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": other}
    cloud.put_role(role, [], [statement])
    runtime = cloud.client("sagemaker-runtime", cloud.keys_of(role))

    # When
    with pytest.raises(
        ClientError, match="not authorized to perform: sagemaker:InvokeEndpoint"
    ) as denied:
        runtime.invoke_endpoint(EndpointName=endpoint, Body=b"{}", ContentType="application/json")

    # Then
    assert denied.value.response["Error"]["Code"].startswith("AccessDenied")


def test_invocations_run_side_by_side_and_leave_room_for_other_requests(
    cloud: Cloud, endpoint: str
) -> None:
    """64 invocations wait for each other, and another request is answered meanwhile."""
    # Given
    callers = 64
    runtime = cloud.client("sagemaker-runtime", connections=callers)
    body = json.dumps({"meet": callers})

    def meet() -> dict[str, Any]:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint, Body=body, ContentType="application/json"
        )
        document: dict[str, Any] = json.loads(answer["Body"].read())
        return document

    # When
    with ThreadPoolExecutor(callers) as pool:
        waiting = [pool.submit(meet) for _ in range(callers - 1)]
        described = cloud.client("sagemaker").describe_endpoint(EndpointName=endpoint)
        finished_before = [future for future in waiting if future.done()]
        waiting.append(pool.submit(meet))
        answers = [future.result() for future in waiting]

    # Then
    assert described["EndpointStatus"] == "InService"
    assert finished_before == []
    assert [answer["met"] for answer in answers] == [True] * callers


def test_streaming_is_refused_by_name(cloud: Cloud, endpoint: str) -> None:
    with pytest.raises(ClientError, match="InvokeEndpointWithResponseStream is not emulated"):
        cloud.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
            EndpointName=endpoint, Body=b"{}"
        )
