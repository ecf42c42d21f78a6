"""Endpoints whose program never passes the health check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.hosting.endpoints import (
    create_endpoint,
    is_gone,
    settled,
)
from tests.support.local_aws.sagemaker.cloud import Cloud, Events, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An emulated AWS of its own: other tests need a longer limit than one second."""
    started = Cloud(tmp_path_factory.mktemp("impatient"), max_health_check_seconds=1.0)
    started.prepare()
    yield started
    started.stop()


@pytest.mark.parametrize("behaviour", ["exits", "never healthy"])
def test_endpoint_that_is_never_healthy_fails(
    cloud: Cloud, sagemaker: Any, name: str, behaviour: str, events: Events
) -> None:
    # When
    create_endpoint(cloud, name, Environment={"BEHAVIOUR": behaviour})

    # Then
    endpoint = settled(cloud, name)
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health "
        "check. Please check CloudWatch logs for this endpoint."
    )
    events.until(lambda event: event["detail"]["EndpointStatus"] == "FAILED")
    sagemaker.delete_endpoint(EndpointName=name)
    wait_for(lambda: is_gone(sagemaker, name))


def test_endpoint_cannot_be_deleted_while_it_is_created(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    """AWS refuses it, so a clean-up must try again later."""
    # Given
    create_endpoint(cloud, name, Environment={"BEHAVIOUR": "never healthy"})

    # When
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint") as refused:
        sagemaker.delete_endpoint(EndpointName=name)

    # Then
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    settled(cloud, name)
    sagemaker.delete_endpoint(EndpointName=name)
