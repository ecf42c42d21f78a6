"""Builds of the training image: requests and answers as botocore describes them."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tunedrop.aws.image_builds import CodeBuild

REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/1a2b/tunedrop-training"
REQUEST = {"RequestId": "6a8b", "ResponseURL": "https://example.com/?X-Amz-Signature=0"}
GROUP, STREAM = "tunedrop-ImageBuildLogs", "8c0d"
LAYERS = [f"arn:aws:lambda:us-east-1:111122223333:layer:{name}:1" for name in ("A", "B")]


class Services:
    """Stubs of the three clients, which check parameters and answers against botocore's models."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        self.clients = {
            name: boto3.client(name, region_name="us-east-1", **keys)
            for name in ("codebuild", "ecr", "logs")
        }
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.builds = CodeBuild(
            self.clients["codebuild"],
            self.clients["ecr"],
            self.clients["logs"],
            "project",
            REPOSITORY,
        )

    def has_build(self, **changes: Any) -> None:
        variables = {"IMAGE_TAG": "0a1b", "REQUEST": json.dumps(REQUEST)}
        build = {
            "id": "project:1",
            "buildStatus": "FAILED",
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_MEDIUM",
                "environmentVariables": [
                    {"name": name, "value": value} for name, value in variables.items()
                ],
            },
            "logs": {"groupName": GROUP, "streamName": STREAM},
            "phases": [
                {"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED"},
                {
                    "phaseType": "BUILD",
                    "phaseStatus": "FAILED",
                    "contexts": [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "exit 1"}],
                },
                {"phaseType": "COMPLETED"},
            ],
            **changes,
        }
        self.stubs["codebuild"].add_response(
            "batch_get_builds", {"builds": [build]}, {"ids": ["project:1"]}
        )

    def has_log(self, *lines: str) -> None:
        self.stubs["logs"].add_response(
            "get_log_events",
            {"events": [{"timestamp": 1, "message": f"{line}\n"} for line in lines]},
            {"logGroupName": GROUP, "logStreamName": STREAM, "limit": 20, "startFromHead": False},
        )


@pytest.fixture
def services() -> Services:
    return Services()


def test_an_image_is_named_by_its_digest(services: Services) -> None:
    # Given
    services.stubs["ecr"].add_response(
        "describe_images",
        {"imageDetails": [{"imageDigest": "sha256:1234"}]},
        {"repositoryName": "1a2b/tunedrop-training", "imageIds": [{"imageTag": "0a1b"}]},
    )

    # Then
    assert services.builds.image("0a1b") == f"{REPOSITORY}@sha256:1234"


def test_an_image_that_does_not_exist_has_no_uri(services: Services) -> None:
    # Given
    services.stubs["ecr"].add_client_error("describe_images", "ImageNotFoundException")

    # Then
    assert services.builds.image("0a1b") == ""


def test_a_repository_that_cannot_be_read_is_an_error(services: Services) -> None:
    # Given
    services.stubs["ecr"].add_client_error("describe_images", "AccessDeniedException")

    # Then
    with pytest.raises(ClientError, match="AccessDeniedException"):
        services.builds.image("0a1b")


def test_a_build_gets_its_sources_its_tag_and_the_request(services: Services) -> None:
    # Given
    values = {"SOURCES": " ".join(LAYERS), "IMAGE_TAG": "0a1b", "REQUEST": json.dumps(REQUEST)}
    services.stubs["codebuild"].add_response(
        "start_build",
        {"build": {"id": "project:1"}},
        {
            "projectName": "project",
            "idempotencyToken": "6a8b",
            "environmentVariablesOverride": [
                {"name": name, "value": value, "type": "PLAINTEXT"}
                for name, value in values.items()
            ],
        },
    )

    # When
    services.builds.start(LAYERS, "0a1b", REQUEST)

    # Then
    services.stubs["codebuild"].assert_no_pending_responses()


def test_a_failed_build_has_its_phase_and_the_end_of_its_log(services: Services) -> None:
    # Given
    services.has_build()
    services.has_log("Step 1", "", "ERROR: no space left")

    # When
    build = services.builds.build("project:1")

    # Then
    assert (build.status, build.tag, build.request) == ("FAILED", "0a1b", REQUEST)
    assert build.problem == "BUILD FAILED. exit 1"
    assert build.log == f"{GROUP} {STREAM}"
    assert build.log_tail == "Step 1\nERROR: no space left"


def test_a_build_that_never_began_has_no_log(services: Services) -> None:
    # Given
    services.has_build(logs={}, phases=[])

    # When
    build = services.builds.build("project:1")

    # Then
    assert (build.problem, build.log, build.log_tail) == ("", "", "")


def test_a_log_that_cannot_be_read_keeps_the_rest(services: Services) -> None:
    # Given
    services.has_build()
    services.stubs["logs"].add_client_error("get_log_events", "ResourceNotFoundException")

    # When
    build = services.builds.build("project:1")

    # Then
    assert build.problem == "BUILD FAILED. exit 1"
    assert "ResourceNotFoundException" in build.log_tail


def test_a_build_that_does_not_exist_is_an_error(services: Services) -> None:
    # Given
    services.stubs["codebuild"].add_response("batch_get_builds", {"builds": []})

    # Then
    with pytest.raises(LookupError, match="project:1"):
        services.builds.build("project:1")
