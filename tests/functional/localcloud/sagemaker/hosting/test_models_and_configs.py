"""Models and endpoint configurations: names, permissions, lists and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.hosting.endpoints import (
    ARN,
    deployed,
    model_request,
    variant,
)
from tests.support.local_aws.sagemaker.account import ROLE, SERVING_IMAGE, allow
from tests.support.local_aws.sagemaker.requests import (
    s3_prefix,
)

if TYPE_CHECKING:
    from tests.support.local_aws.sagemaker.cloud import (
        Cloud,
    )


def test_a_name_is_free_again_after_its_resource_is_deleted(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    deployed(cloud, name)
    config = {"EndpointConfigName": name, "ProductionVariants": [variant(name)]}
    endpoint = {"EndpointName": name, "EndpointConfigName": name}

    # Then
    for create, request, words in (
        (sagemaker.create_model, model_request(name), f'model "{ARN}:model/{name}"'),
        (
            sagemaker.create_endpoint_config,
            config,
            f'endpoint configuration "{ARN}:endpoint-config/{name}"',
        ),
        (sagemaker.create_endpoint, endpoint, f'endpoint "{ARN}:endpoint/{name}"'),
    ):
        with pytest.raises(ClientError) as refused:
            create(**request)
        error = refused.value.response["Error"]
        assert error["Code"] == "ValidationException"
        assert error["Message"] == f"Cannot create already existing {words}."

    # And when
    sagemaker.delete_model(ModelName=name)

    # Then
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName=name)
    sagemaker.create_model(**model_request(name))


def test_descriptions_return_the_request(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    deployed(cloud, name)

    # When
    model = sagemaker.describe_model(ModelName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)

    # Then
    assert model["ExecutionRoleArn"] == ROLE
    assert model["PrimaryContainer"] == model_request(name)["PrimaryContainer"]
    assert config["ProductionVariants"] == [variant(name)]


def test_a_missing_model_or_configuration_is_named(sagemaker: Any, name: str) -> None:
    # Then
    with pytest.raises(ClientError, match=f'Could not find model "{ARN}:model/missing"'):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant("missing")]
        )
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="missing")


def test_prefix_of_model_data_ends_with_a_slash(sagemaker: Any, name: str) -> None:
    # Given
    container = {"Image": SERVING_IMAGE, "ModelDataSource": s3_prefix("weights")}

    # When
    with pytest.raises(ClientError, match="must end with a forward slash") as refused:
        sagemaker.create_model(**model_request(name, container=container))

    # Then
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_pass_role_is_needed_to_create_a_model(cloud: Cloud, name: str) -> None:
    # Given
    caller = cloud.caller(name, [allow("sagemaker:CreateModel")])

    # When
    with pytest.raises(ClientError, match="not authorized to perform: iam:PassRole") as refused:
        caller.create_model(**model_request(name))

    # Then
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_lists_filter_sort_and_page(sagemaker: Any, name: str) -> None:
    # Given
    for number in range(3):
        sagemaker.create_model(**model_request(f"{name}-{number}"))

    # When
    first = sagemaker.list_models(NameContains=name, SortBy="Name", MaxResults=2)
    rest = sagemaker.list_models(
        NameContains=name, SortBy="Name", MaxResults=2, NextToken=first["NextToken"]
    )

    # Then
    found = [item["ModelName"] for page in (first, rest) for item in page["Models"]]
    assert found == [f"{name}-2", f"{name}-1", f"{name}-0"]
    assert "NextToken" not in rest

    # And when
    paged = sagemaker.get_paginator("list_models").paginate(
        NameContains=name, SortBy="CreationTime", SortOrder="Ascending", PaginationConfig={}
    )

    # Then
    names = [item["ModelName"] for page in paged for item in page["Models"]]
    assert names == [f"{name}-0", f"{name}-1", f"{name}-2"]


def test_tags_can_be_added_listed_and_deleted(sagemaker: Any, name: str) -> None:
    # Given
    arn = sagemaker.create_model(**model_request(name, tags=[{"Key": "a", "Value": "1"}]))[
        "ModelArn"
    ]

    # When
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "é 2"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])

    # Then
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "é 2"}]

    # And when
    sagemaker.delete_model(ModelName=name)

    # Then
    with pytest.raises(ClientError, match="Could not find resource"):
        sagemaker.list_tags(ResourceArn=arn)
