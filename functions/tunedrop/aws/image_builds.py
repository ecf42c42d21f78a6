"""Builds of the training image by CodeBuild, and the images in the stack's repository."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from tunedrop.ports.services import ImageBuild

TAIL_LINES = 20
MAX_PROBLEM = 200  # Characters of each message of CodeBuild.


class CodeBuild:
    """Starts builds and reads their ends, as `tunedrop.ports.services.ImageBuilds`.

    Args:
        codebuild: boto3's client of CodeBuild.
        ecr: boto3's client of ECR.
        logs: boto3's client of CloudWatch Logs.
        project: the project that builds the image.
        repository_uri: the repository that the project pushes to.
    """

    def __init__(
        self, codebuild: Any, ecr: Any, logs: Any, project: str, repository_uri: str
    ) -> None:
        self._codebuild = codebuild
        self._ecr = ecr
        self._logs = logs
        self._project = project
        self._repository_uri = repository_uri

    def image(self, tag: str) -> str:
        """Return the URI by digest of the image with this tag, or an empty text."""
        name = self._repository_uri.partition("/")[2]
        try:
            found = self._ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ImageNotFoundException":
                return ""
            raise
        return f"{self._repository_uri}@{found['imageDetails'][0]['imageDigest']}"

    def start(self, sources: Sequence[str], tag: str, request: Mapping[str, Any]) -> None:
        """Start a build; the same request starts only one. Raises ClientError."""
        variables = {"SOURCES": " ".join(sources), "IMAGE_TAG": tag, "REQUEST": json.dumps(request)}
        self._codebuild.start_build(
            projectName=self._project,
            idempotencyToken=request["RequestId"],
            environmentVariablesOverride=[
                {"name": name, "value": value, "type": "PLAINTEXT"}
                for name, value in variables.items()
            ],
        )

    def build(self, build_id: str) -> ImageBuild:
        """Describe a build; raises LookupError when there is none of this id."""
        builds = self._codebuild.batch_get_builds(ids=[build_id])["builds"]
        if not builds:
            raise LookupError(f"CodeBuild does not know the build {build_id}")
        build = builds[0]
        variables = {
            variable["name"]: variable["value"]
            for variable in build["environment"].get("environmentVariables", [])
        }
        where = build.get("logs", {})
        group, stream = where.get("groupName", ""), where.get("streamName", "")
        return ImageBuild(
            status=build["buildStatus"],
            tag=variables.get("IMAGE_TAG", ""),
            request=json.loads(variables.get("REQUEST", "{}")),
            problem=_problem(build),
            log=f"{group} {stream}".strip(),
            log_tail=self._tail(group, stream),
        )

    def _tail(self, group: str, stream: str) -> str:
        """Return the log's last lines; a build that never started has none."""
        if not stream:
            return ""
        try:
            answer = self._logs.get_log_events(
                logGroupName=group, logStreamName=stream, limit=TAIL_LINES, startFromHead=False
            )
        except ClientError as error:  # The reason must reach CloudFormation all the same.
            return f"({error})"
        lines = (event["message"].rstrip() for event in answer["events"])
        return "\n".join(line for line in lines if line)


def _problem(build: Mapping[str, Any]) -> str:
    """Return the phase that failed and what CodeBuild says about it."""
    for phase in build.get("phases", []):
        if phase.get("phaseStatus", "SUCCEEDED") != "SUCCEEDED":
            messages = [context.get("message", "") for context in phase.get("contexts", [])]
            said = " ".join(message[:MAX_PROBLEM] for message in messages if message)
            return f"{phase['phaseType']} {phase['phaseStatus']}. {said}".strip()
    return ""
