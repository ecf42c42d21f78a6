"""build_image: the image of a deployment's sources is built, and CloudFormation is answered."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.stack import EVENTS, Stack
from tunedrop import bootstrap
from tunedrop.ports.services import ImageBuild

CREATE = json.loads((EVENTS / "custom_resource_create_image.json").read_text())
ENDED = json.loads((EVENTS / "image_build_ended.json").read_text())
REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/1a2b3c4d/tunedrop-training"
URI = f"{REPOSITORY}@sha256:{'0' * 64}"


class Builds:
    """CodeBuild and the repository: one build, and the images that exist."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self.started: list[ImageBuild] = []
        self.sources: list[Sequence[str]] = []
        self.broken = False

    def image(self, tag: str) -> str:
        if self.broken:
            raise RuntimeError("AccessDeniedException: DescribeImages")
        return self.images.get(tag, "")

    def start(self, sources: Sequence[str], tag: str, request: Mapping[str, Any]) -> None:
        self.sources.append(sources)
        self.started.append(ImageBuild(status="IN_PROGRESS", tag=tag, request=request))

    def build(self, build_id: str) -> ImageBuild:
        assert build_id == "ImageBuild-1a2b3c4d5e6f:8c0d4f51-0000-1111-2222-333344445555"
        return self.started[-1]

    def end(self, **changes: Any) -> None:
        """End the last build."""
        self.started[-1] = msgspec.structs.replace(self.started[-1], **changes)


class Formation:
    """CloudFormation's side: the requests that it sends, and the answers that it gets."""

    def __init__(self, stack: Stack, builds: Builds) -> None:
        self.stack = stack
        self.builds = builds
        self.answers: list[dict[str, Any]] = []

    def put(self, url: str, body: bytes) -> None:
        assert url == CREATE["ResponseURL"]
        self.answers.append(json.loads(body))

    def ask(self, **changes: Any) -> None:
        self.stack.call("build_image", {**CREATE, **changes})

    def end(self, **changes: Any) -> None:
        """End the build, and deliver the event."""
        self.builds.end(**changes)
        self.stack.call("build_image", ENDED)


@pytest.fixture
def formation(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Formation:
    formation = Formation(stack, Builds())
    monkeypatch.setenv("IMAGE_BUILD_PROJECT", "ImageBuild-1a2b3c4d5e6f")
    monkeypatch.setenv("IMAGE_REPOSITORY_URI", REPOSITORY)
    monkeypatch.setattr(bootstrap, "put", formation.put)
    monkeypatch.setattr(bootstrap, "image_builds", lambda _settings: formation.builds)
    return formation


def test_the_stack_waits_for_the_build_and_gets_the_digest(formation: Formation) -> None:
    # When
    formation.ask()
    waiting = list(formation.answers)
    formation.builds.images[formation.builds.started[0].tag] = URI
    formation.end(status="SUCCEEDED")

    # Then
    assert waiting == []
    assert formation.builds.sources == [CREATE["ResourceProperties"]["Sources"]]
    (answer,) = formation.answers
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"Uri": URI}
    for member in ("StackId", "RequestId", "LogicalResourceId"):
        assert answer[member] == CREATE[member]


def test_a_failed_build_fails_the_deployment_with_its_log(formation: Formation) -> None:
    # Given
    lines = "\n".join(f"line {number} of the log" for number in range(100))

    # When
    formation.ask()
    formation.end(
        status="FAILED",
        problem="BUILD FAILED. Error while executing command: docker build",
        log="tunedrop-ImageBuildLogs build-1",
        log_tail=f"{lines}\nERROR: No matching distribution found for torch==9",
    )

    # Then
    (answer,) = formation.answers
    assert answer["Status"] == "FAILED"
    assert "BUILD FAILED. Error while executing command: docker build" in answer["Reason"]
    assert "tunedrop-ImageBuildLogs build-1" in answer["Reason"]
    assert answer["Reason"].endswith("ERROR: No matching distribution found for torch==9")


def test_an_image_of_the_same_sources_is_not_built_again(formation: Formation) -> None:
    # Given
    formation.ask()
    formation.builds.images[formation.builds.started[0].tag] = URI

    # When the deployment is rolled back to these sources
    formation.ask(RequestType="Update", PhysicalResourceId="tunedrop-training-image")

    # Then
    assert len(formation.builds.started) == 1
    (answer,) = formation.answers
    assert answer["Data"] == {"Uri": URI}


def test_changed_sources_are_another_image(formation: Formation) -> None:
    # Given
    properties = CREATE["ResourceProperties"]
    changed = [source.replace(":7", ":8") for source in properties["Sources"]]

    # When
    formation.ask()
    formation.ask(RequestType="Update", ResourceProperties={**properties, "Sources": changed})

    # Then
    first, second = (build.tag for build in formation.builds.started)
    assert first != second
    assert re.fullmatch("[0-9a-f]{32}", first)


def test_a_build_that_another_one_overtook_has_succeeded(formation: Formation) -> None:
    # Given two builds of the same sources: tags are immutable, so the second cannot push
    formation.ask()
    formation.builds.images[formation.builds.started[0].tag] = URI

    # When
    formation.end(status="FAILED", log_tail="tag invalid: the image tag already exists")

    # Then
    (answer,) = formation.answers
    assert answer["Status"] == "SUCCESS"


def test_a_build_that_a_person_started_is_not_answered(formation: Formation) -> None:
    # Given
    formation.ask()

    # When
    formation.end(status="FAILED", tag="", request={})

    # Then
    assert formation.answers == []


@pytest.mark.parametrize("problem", ["no rights", "no settings", "no sources"])
def test_a_build_that_cannot_start_is_answered(
    problem: str, formation: Formation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    formation.builds.broken = problem == "no rights"
    if problem == "no settings":
        monkeypatch.delenv("IMAGE_BUILD_PROJECT")
    changes: dict[str, Any] = {"ResourceProperties": {}} if problem == "no sources" else {}

    # When
    formation.ask(**changes)

    # Then
    (answer,) = formation.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("The training image could not be built: ")


def test_a_deleted_stack_is_answered_without_a_build(formation: Formation) -> None:
    # When
    formation.ask(RequestType="Delete", PhysicalResourceId="tunedrop-training-image")

    # Then
    (answer,) = formation.answers
    assert answer["Status"] == "SUCCESS"
    assert formation.builds.started == []
