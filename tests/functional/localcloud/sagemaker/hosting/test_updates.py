"""UpdateEndpoint: the new program starts beside the old one, which serves until then."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.hosting.endpoints import (
    deployed,
    invoke,
    is_gone,
    model_request,
    variant,
)
from tests.support.local_aws.sagemaker.cloud import Cloud, Events, wait_for


def second_configuration(cloud: Cloud, name: str, **environment: str) -> str:
    """Create another model with its configuration; return their name."""
    sagemaker, other = cloud.client("sagemaker"), f"{name}-2"
    sagemaker.create_model(**model_request(other, Environment=environment))
    sagemaker.create_endpoint_config(EndpointConfigName=other, ProductionVariants=[variant(other)])
    return other


def updated(cloud: Cloud, name: str) -> dict[str, Any]:
    """DescribeEndpoint once it is in service again."""
    sagemaker = cloud.client("sagemaker")

    def done() -> dict[str, Any] | None:
        endpoint: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
        return endpoint if endpoint["EndpointStatus"] == "InService" else None

    return wait_for(done)


def test_update_serves_the_new_configuration_and_tells_it_by_events(
    cloud: Cloud, events: Events, name: str
) -> None:
    # Given an endpoint in service, and another configuration
    deployed(cloud, name, Environment={"WHICH": "first"})
    other = second_configuration(cloud, name, WHICH="second")

    # When it is updated
    sagemaker = cloud.client("sagemaker")
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=other)

    # Then it is Updating at once, and answers as before until the new program answers
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating"
    assert invoke(cloud, name, {})["environment"]["WHICH"] in ("first", "second")
    assert updated(cloud, name)["EndpointConfigName"] == other
    assert invoke(cloud, name, {})["environment"]["WHICH"] == "second"

    # When it is deleted, then it is gone, and the events have told each status
    sagemaker.delete_endpoint(EndpointName=name)
    received = events.until(lambda event: event["detail"]["EndpointStatus"] == "DELETING")
    told = [
        (event["detail"]["EndpointStatus"], event["detail"]["EndpointConfigName"])
        for event in received
    ]
    assert list(dict.fromkeys(told)) == [
        ("CREATING", name),
        ("IN_SERVICE", name),
        ("UPDATING", name),
        ("IN_SERVICE", other),
        ("DELETING", other),
    ]
    wait_for(lambda: is_gone(sagemaker, name))


def test_update_that_does_not_become_healthy_is_rolled_back(cloud: Cloud, name: str) -> None:
    # Given a configuration whose program ends at once
    deployed(cloud, name, Environment={"WHICH": "first"})
    other = second_configuration(cloud, name, BEHAVIOUR="exits")

    # When the endpoint is updated to it
    cloud.client("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName=other)

    # Then it stays with the first one, and says why
    endpoint = updated(cloud, name)
    assert endpoint["EndpointConfigName"] == name
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert invoke(cloud, name, {})["environment"]["WHICH"] == "first"


def test_update_of_an_endpoint_that_is_being_updated_is_refused(cloud: Cloud, name: str) -> None:
    # Given
    deployed(cloud, name)
    other = second_configuration(cloud, name)
    sagemaker = cloud.client("sagemaker")
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=other)

    # When it is updated or deleted meanwhile, then AWS's error says so
    for call, arguments in (
        (sagemaker.update_endpoint, {"EndpointConfigName": name}),
        (sagemaker.delete_endpoint, {}),
    ):
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            call(EndpointName=name, **arguments)
    updated(cloud, name)
