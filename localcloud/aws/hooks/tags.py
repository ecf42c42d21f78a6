"""The tagging API: tags of localcloud's own services, and those that CloudFormation sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.services import cloudformation, tagging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    TagsByArn = Mapping[str, Mapping[str, str]]
    Tagged = Iterator[tuple[str, list[dict[str, str]]]]

OF_STACKS = ("lambda", "s3", "sns", "sqs")
"""Services whose resources are listed with the tags of their stack."""


def collect(service: str, tags: Callable[[], TagsByArn]) -> None:
    """List the tags of a service's resources, too."""

    def collector() -> Tagged:
        for arn, found in tags().items():
            yield arn, _as_list(found)

    tagging._COLLECTORS[service] = collector  # noqa: SLF001


def add_tags_of_stacks() -> None:
    """List the tags `aws:cloudformation:…` as AWS does; ministack sets none."""
    for service in OF_STACKS:
        own = tagging._COLLECTORS[service]  # noqa: SLF001
        tagging._COLLECTORS[service] = _with_stack(service, own)  # noqa: SLF001


def _with_stack(service: str, own: Callable[[], Tagged]) -> Callable[[], Tagged]:
    def collector() -> Tagged:
        of_stacks = dict(_tags_of_stacks(service))
        for arn, tags in own():
            yield arn, tags + _as_list(of_stacks.pop(_name(arn), {}))
        if service == "s3":  # Buckets without tags of their own are not listed above.
            for name, of_stack in of_stacks.items():
                yield f"arn:aws:s3:::{name}", _as_list(of_stack)

    return collector


def _tags_of_stacks(service: str) -> TagsByArn:
    """Return the tags by the names of the resources of this service in all stacks."""
    return {
        _name(resource["PhysicalResourceId"]): {
            "aws:cloudformation:stack-name": stack["StackName"],
            "aws:cloudformation:stack-id": stack["StackId"],
            "aws:cloudformation:logical-id": logical_id,
        }
        for stack in cloudformation._stacks.values()  # noqa: SLF001
        for logical_id, resource in stack.get("_resources", {}).items()
        if resource.get("ResourceType", "").lower().startswith(f"aws::{service}::")
        and resource.get("PhysicalResourceId")
    }


def _name(identifier: str) -> str:
    """Return the name in an ARN, a queue's URL or a name."""
    return identifier.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
