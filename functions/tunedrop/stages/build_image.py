"""The training image is built in the account when its sources change, and is used by its digest.

The tag of an image is a digest of its sources. Tags cannot be pushed twice, so an image of these
sources is built once, also when CloudFormation goes back to them.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from tunedrop.ports.services import ImageBuilds

TAG_CHARACTERS = 32
TAIL_CHARACTERS = 600  # Of the log. A reason of CloudFormation may have some 1,000 characters.
# What the answer to a request of CloudFormation needs of it.
ANSWERED = ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId", "ResponseURL")


class Outcome(msgspec.Struct, frozen=True):
    """The end of a build: the request that waits for it, and the image or the problem."""

    request: Mapping[str, Any]
    uri: str = ""
    problem: str = ""


def needed(builds: ImageBuilds, request: Mapping[str, Any]) -> str:
    """Return the URI of the image of a request's sources; start a build if there is none.

    Args:
        builds: builds images and finds those that exist.
        request: of CloudFormation, with the ARNs of the sources.

    Returns:
        The URI with its digest, or an empty text when a build has started.
    """
    sources: list[str] = request["ResourceProperties"]["Sources"]
    tag = tag_of(sources)
    uri = builds.image(tag)
    if not uri:
        kept = {name: request[name] for name in ANSWERED if name in request}
        builds.start(sources, tag, kept)
    return uri


def ended(builds: ImageBuilds, build_id: str) -> Outcome:
    """Return what became of a build. One that was overtaken by another of its sources succeeded."""
    build = builds.build(build_id)
    uri = builds.image(build.tag) if build.tag else ""
    if uri or not build.request:
        return Outcome(request=build.request, uri=uri)
    tail = build.log_tail[-TAIL_CHARACTERS:]
    problem = (
        f"The build of the training image ended as {build.status}"
        f"{f': {build.problem}' if build.problem else '.'} "
        f"Its whole log: {build.log or 'none was written'}. The log's last lines: {tail}"
    )
    return Outcome(request=build.request, problem=problem)


def tag_of(sources: list[str]) -> str:
    """Return the tag of the image that is built from these sources."""
    return hashlib.sha256("\n".join(sources).encode()).hexdigest()[:TAG_CHARACTERS]
