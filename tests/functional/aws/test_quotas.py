"""The adapter of Service Quotas on botocore's stubs."""

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tunedrop.aws.quotas import ServiceQuotas


@pytest.fixture
def stub() -> Stubber:
    client = boto3.client(
        "service-quotas",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    return Stubber(client)


def test_the_quotas_of_all_pages_are_read(stub: Stubber) -> None:
    # Given two pages
    first, second = (
        {"QuotaName": name, "Value": value} for name, value in (("a", 0.0), ("b", 4.0))
    )
    asked = {"ServiceCode": "sagemaker"}
    stub.add_response("list_service_quotas", {"Quotas": [first], "NextToken": "more"}, asked)
    stub.add_response("list_service_quotas", {"Quotas": [second]}, {**asked, "NextToken": "more"})

    # When and then
    with stub:
        assert ServiceQuotas(stub.client).known() == {"a": 0.0, "b": 4.0}


def test_nothing_is_known_where_the_quotas_cannot_be_read(stub: Stubber) -> None:
    # Given
    for _ in range(2):
        stub.add_client_error("list_service_quotas", "AccessDeniedException")

    # When and then
    with stub:
        assert ServiceQuotas(stub.client).known() == {}
        with pytest.raises(ClientError):
            ServiceQuotas(stub.client).read()
