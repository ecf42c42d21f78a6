"""Requests against botocore's model, where boto3 itself cannot send the request."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.sagemaker import shapes
from localcloud.service import ServiceError

OPERATIONS = (
    "AddTags",
    "CreateEndpoint",
    "CreateEndpointConfig",
    "CreateHyperParameterTuningJob",
    "CreateModel",
    "CreateProcessingJob",
    "CreateTrainingJob",
    "DeleteTags",
    "ListEndpoints",
    "ListTrainingJobs",
)


def patterns_below(shape: Any, seen: set[str]) -> list[str]:
    if shape.name in seen:
        return []
    seen.add(shape.name)
    found = [shape.metadata["pattern"]] if "pattern" in shape.metadata else []
    children = {
        "structure": lambda: list(shape.members.values()),
        "list": lambda: [shape.member],
        "map": lambda: [shape.key, shape.value],
    }.get(shape.type_name, list)()
    return found + [pattern for child in children for pattern in patterns_below(child, seen)]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_pattern_of_the_model_is_understood(operation: str) -> None:
    """Given a new botocore with another Java-only construct, this fails before a request does."""
    model = shapes._service().operation_model(operation)
    for pattern in patterns_below(model.input_shape, set()):
        shapes.python_pattern(pattern)


def refusal(operation: str, payload: dict[str, Any]) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        shapes.check_request(operation, payload)
    return refused.value


def test_missing_members_are_all_named() -> None:
    error = refusal("CreateTrainingJob", {"TrainingJobName": "name"})

    assert error.code == "ValidationException"
    assert error.message == (
        "2 validation errors detected: "
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null; "
        "Value null at 'outputDataConfig' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"TrainingJobName": 5}, "trainingJobName: int"),
        ({"TrainingJobName": "a", "StopRequested": True}, ""),
        ({"MaxResults": "5"}, "maxResults: str"),
        ({"MaxResults": True}, "maxResults: bool"),
    ],
)
def test_wrong_json_type_is_a_serialization_error(payload: dict[str, Any], place: str) -> None:
    operation = "ListTrainingJobs" if "MaxResults" in payload else "DescribeTrainingJob"

    error = refusal(operation, payload)

    if place:
        assert error.code == "SerializationException"
        assert error.message.startswith(place)
    else:
        assert error.code == "ValidationException"
        assert "Unknown member 'stopRequested'" in error.message


@pytest.mark.parametrize(("key", "is_fine"), [("Größe_1", True), ("a b", True), ("a{b}", False)])
def test_unicode_classes_of_java(key: str, is_fine: bool) -> None:  # noqa: FBT001  # a parameter
    payload = {
        "ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/x",
        "Tags": [{"Key": key, "Value": "v"}],
    }
    if is_fine:
        shapes.check_request("AddTags", payload)
    else:
        assert "'tags.1.member.key'" in refusal("AddTags", payload).message


def test_null_stands_for_a_member_that_is_not_given() -> None:
    shapes.check_request("ListModels", {"NameContains": None})
