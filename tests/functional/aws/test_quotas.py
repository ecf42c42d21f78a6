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
    # Given two pages, of which the first names the next one
    following = {"NextToken": "2"}
    asked = {"ServiceCode": "sagemaker"}
    first = {"Quotas": [{"QuotaName": "a", "Value": 0.0}], **following}
    stub.add_response("list_service_quotas", first, asked)
    second = {"Quotas": [{"QuotaName": "b", "Value": 4.0}]}
    stub.add_response("list_service_quotas", second, asked | following)

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
