"""The calls of the custom resources' functions, which answer not their caller but a URL."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from tests.sam_local.forwarding import forwarded
from tests.sam_local.invoker import Invoker
from tests.support.local_aws.cloud import Cloud
from tests.support.local_aws.packages import ROOT
from tunedrop.stages.build_image import tag_of

CUSTOM_RESOURCES = {"custom_resource_delete", "custom_resource_create_image", "image_build_ended"}
"""The files in `events/` that are sent from here."""

PROJECT, REPOSITORY = "ImageBuild", "training"


def call_clean_up(cloud: Cloud, invoker: Invoker, environment: dict[str, str]) -> None:
    """Ask for the removal of a stack that stays; raises AssertionError unless it is answered so."""
    stack = cloud.client("cloudformation").describe_stacks(StackName="tunedrop")["Stacks"][0]
    event = json.loads((ROOT / "events" / "custom_resource_delete.json").read_text())
    event["StackId"] = stack["StackId"]
    with (
        _listening() as (port, answers),
        forwarded(f"http://127.0.0.1:{port}", environment) as address,
    ):
        event["ResponseURL"] = f"http://{address}/answer"
        invoker.call("CleanUpFunction", json.dumps(event))
    found = [(answer["Status"], answer["Reason"], answer["RequestId"]) for answer in answers]
    expected = ("SUCCESS", "nothing to do: the stack itself stays", event["RequestId"])
    assert found == [expected], f"expected {expected}, got {found}"
    print(f"CleanUpFunction custom_resource_delete: {found[0][1]}", flush=True)


def call_image_build(cloud: Cloud, invoker: Invoker, environment: dict[str, str]) -> None:
    """Ask for an image that exists, and tell of the end of its build; both are answered with it.

    The local AWS has no such function, because its stack is given an image. Raises AssertionError
    unless both requests get the image by its digest.
    """
    request = json.loads((ROOT / "events" / "custom_resource_create_image.json").read_text())
    ended = json.loads((ROOT / "events" / "image_build_ended.json").read_text())
    tag = tag_of(request["ResourceProperties"]["Sources"])
    ecr = cloud.client("ecr")
    repository = ecr.create_repository(repositoryName=REPOSITORY)["repository"]["repositoryUri"]
    manifest = json.dumps({"mediaType": "application/vnd.docker.distribution.manifest.v2+json"})
    image = ecr.put_image(repositoryName=REPOSITORY, imageManifest=manifest, imageTag=tag)["image"]
    variables = {
        **invoker.deployed_variables("CleanUpFunction"),
        "IMAGE_BUILD_PROJECT": PROJECT,
        "IMAGE_REPOSITORY_URI": repository,
    }
    with (
        _listening() as (port, answers),
        forwarded(f"http://127.0.0.1:{port}", environment) as address,
    ):
        request["ResponseURL"] = f"http://{address}/answer"
        build = _build_for(cloud, request, tag)
        ended["detail"]["build-id"] = build
        for event in (request, ended):
            invoker.call("BuildImageFunction", json.dumps(event), variables)
    found = [(answer["Status"], answer["Data"]["Uri"]) for answer in answers]
    expected = ("SUCCESS", f"{repository}@{image['imageId']['imageDigest']}")
    assert found == [expected] * 2, f"expected {expected} twice, got {found}"
    print(f"BuildImageFunction: {expected[1]} for both events", flush=True)


def _build_for(cloud: Cloud, request: dict[str, Any], tag: str) -> str:
    """Start a build with the variables that the function gives it, and return its ARN.

    They are the project's, because the emulator's builds do not tell those of a single build.
    """
    variables = {"IMAGE_TAG": tag, "REQUEST": json.dumps(request)}
    codebuild = cloud.client("codebuild")
    codebuild.create_project(
        name=PROJECT,
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_MEDIUM",
            "environmentVariables": [
                {"name": name, "value": value, "type": "PLAINTEXT"}
                for name, value in variables.items()
            ],
        },
        serviceRole="arn:aws:iam::123456789012:role/build",
    )
    arn: str = codebuild.start_build(projectName=PROJECT)["build"]["arn"]
    return arn


@contextmanager
def _listening() -> Iterator[tuple[int, list[Any]]]:
    """Take the answers to CloudFormation on a free port of 127.0.0.1."""
    answers: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:  # The name is http.server's.
            answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, answers
        finally:
            server.shutdown()
            thread.join()
