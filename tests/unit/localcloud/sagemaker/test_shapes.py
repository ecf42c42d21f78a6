"""Requests that botocore's model refuses and that boto3 itself would not send."""

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
def test_every_pattern_of_the_model_compiles(operation: str) -> None:
    """It fails when a new botocore has a pattern in Java's notation that Python does not know."""
    # Given
    model = shapes._service().operation_model(operation)

    # Then
    for pattern in patterns_below(model.input_shape, set()):
        shapes.python_pattern(pattern)


def refusal(operation: str, payload: dict[str, Any]) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        shapes.check_request(operation, payload)
    return refused.value


def test_missing_members_are_all_named() -> None:
    # When
    error = refusal("CreateTrainingJob", {"TrainingJobName": "name"})

    # Then
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
def test_a_wrong_json_type_is_a_serialization_error(payload: dict[str, Any], place: str) -> None:
    # Given
    operation = "ListTrainingJobs" if "MaxResults" in payload else "DescribeTrainingJob"

    # When
    error = refusal(operation, payload)

    # Then
    if place:
        assert error.code == "SerializationException"
        assert error.message.startswith(place)
    else:
        assert error.code == "ValidationException"
        assert "Unknown member 'stopRequested'" in error.message


@pytest.mark.parametrize(("key", "is_fine"), [("Größe_1", True), ("a b", True), ("a{b}", False)])
def test_java_unicode_classes_are_translated(key: str, is_fine: bool) -> None:  # noqa: FBT001  # a parameter
    # Given
    payload = {
        "ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/x",
        "Tags": [{"Key": key, "Value": "v"}],
    }

    # Then
    if is_fine:
        shapes.check_request("AddTags", payload)
    else:
        assert "'tags.1.member.key'" in refusal("AddTags", payload).message


def test_a_null_member_counts_as_missing() -> None:
    shapes.check_request("ListModels", {"NameContains": None})
