"""The tags of all resources, by ARN."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import validation_error

if TYPE_CHECKING:
    from localcloud.sagemaker.platform import Platform
    from localcloud.service import ServiceRequest

MAX_TAGS = 50
"""AWS's limit for one resource."""


class Tags:
    """AddTags, ListTags, DeleteTags, and the tags given on creation."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._by_arn: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def create(self, request: ServiceRequest, arn: str) -> None:
        """Take the tags of a create request, for which AWS requires `sagemaker:AddTags`, too."""
        given = request.payload.get("Tags") or []
        if given:
            context = {"sagemaker:TaggingAction": request.operation, **request_tags(request)}
            self._platform.check_action(request.access_key_id, "sagemaker:AddTags", arn, context)
        with self._lock:
            self._by_arn[arn] = _as_map(given)

    def forget(self, arn: str) -> None:
        """Remove the tags of a deleted resource."""
        with self._lock:
            self._by_arn.pop(arn, None)

    def of(self, arn: str) -> dict[str, str]:
        """The tags as a map, as events have them."""
        with self._lock:
            return dict(self._by_arn.get(arn, {}))

    def all(self) -> list[tuple[str, list[dict[str, str]]]]:
        """Every resource's ARN and tags, for IAM's condition key aws:ResourceTag."""
        with self._lock:
            return [(arn, _as_list(tags)) for arn, tags in self._by_arn.items()]

    def by_arn(self) -> dict[str, dict[str, str]]:
        """The tags of all resources."""
        with self._lock:
            return {arn: dict(tags) for arn, tags in self._by_arn.items()}

    def add(self, request: ServiceRequest) -> dict[str, Any]:
        """AddTags."""
        arn = request.payload["ResourceArn"]
        with self._lock:
            merged = {**self._existing(arn), **_as_map(request.payload["Tags"])}
            if len(merged) > MAX_TAGS:
                raise validation_error(f"The number of tags exceeds the limit of {MAX_TAGS}")
            self._by_arn[arn] = merged
            return {"Tags": _as_list(merged)}

    def list(self, request: ServiceRequest) -> dict[str, Any]:
        """ListTags; all of them fit on one page."""
        with self._lock:
            return {"Tags": _as_list(self._existing(request.payload["ResourceArn"]))}

    def delete(self, request: ServiceRequest) -> dict[str, Any]:
        """DeleteTags."""
        with self._lock:
            tags = self._existing(request.payload["ResourceArn"])
            for key in request.payload["TagKeys"]:
                tags.pop(key, None)
        return {}

    def _existing(self, arn: str) -> dict[str, str]:
        if arn not in self._by_arn:
            raise validation_error(f"Could not find resource {arn}")
        return self._by_arn[arn]


def request_tags(request: ServiceRequest) -> dict[str, str]:
    """The tags that a request gives, as IAM's condition keys aws:RequestTag."""
    given = _as_map(request.payload.get("Tags") or [])
    return {f"aws:RequestTag/{key}": value for key, value in given.items()}


def _as_map(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
