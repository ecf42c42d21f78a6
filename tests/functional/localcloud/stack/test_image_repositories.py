"""The roles of jobs and endpoints may pull images of one repository: that of the image in use."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services.cloudformation import engine

from localcloud.stack.template import TEMPLATE, Template

DIGEST = "@sha256:" + "0a" * 32
ROLES = {
    "PrepareJobRole": "TrainingImage",
    "FetchJobRole": "TrainingImage",
    "TrainingJobRole": "TrainingImage",
    "EndpointRole": "ServingImage",
}
IMAGES = {
    "": True,
    "444455556666.dkr.ecr.us-gov-west-1.amazonaws.com/vllm:server-1.0": True,
    f"444455556666.dkr.ecr.eu-west-1.amazonaws.com/team/vllm{DIGEST}": True,
    "docker.io/vllm/vllm-openai:latest": False,
    "444455556666.dkr.ecr.eu-west-1.amazonaws.com/*": False,
    "*.dkr.ecr.eu-west-1.amazonaws.com/vllm": False,
    "444455556666.dkr.ecr.*.amazonaws.com/vllm": False,
}


def repositories(role: str, image: str) -> list[str]:
    """Return the repositories of a role's statements, if the parameters name this image."""
    template = Template.read(TEMPLATE).document
    given = [{"Key": name, "Value": image} for name in set(ROLES.values())]
    email = {"Key": "NotificationEmail", "Value": "team@example.com"}
    parameters = engine._resolve_parameters(template, [*given, email])
    conditions = engine._evaluate_conditions(template, parameters)
    (policy,) = template["Resources"][role]["Properties"]["Policies"]
    return [
        engine._resolve_refs(resource, {}, parameters, conditions, {}, "tunedrop", "id")
        for statement in policy["PolicyDocument"]["Statement"]
        for resource in pulled(statement)
    ]


def pulled(statement: dict[str, Any]) -> Iterator[Any]:
    if "ecr:BatchGetImage" in statement.get("Action", ()):
        yield statement["Resource"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["training", "team/a.b/training"])
@pytest.mark.parametrize("version", ["", ":1.0", DIGEST, f":1.0{DIGEST}"])
def test_a_role_may_pull_the_given_image_only(role: str, name: str, version: str) -> None:
    # Given
    image = f"444455556666.dkr.ecr.eu-west-1.amazonaws.com/{name}{version}"

    # When
    found = repositories(role, image)

    # Then
    assert [arn.split(":", 2)[2] for arn in found] == [
        f"ecr:eu-west-1:444455556666:repository/{name}"
    ]


@pytest.mark.parametrize("parameter", sorted(set(ROLES.values())))
def test_an_image_parameter_names_one_repository_of_ecr(parameter: str) -> None:
    # Given
    pattern = Template.read(TEMPLATE).document["Parameters"][parameter]["AllowedPattern"]

    # When
    allowed = [image for image in IMAGES if re.fullmatch(pattern, image)]

    # Then
    assert allowed == [image for image, is_allowed in IMAGES.items() if is_allowed]
