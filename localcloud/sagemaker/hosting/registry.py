"""Named resources of one kind; a name can be used once, in upper or lower case, as on AWS."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from localcloud.sagemaker import resources
from localcloud.sagemaker.errors import already_exists, could_not_find

if TYPE_CHECKING:
    from localcloud.sagemaker.platform import Platform
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import ServiceRequest

T = TypeVar("T")


class Registry(Generic[T]):
    """Keeps resources by ARN, and their tags with them."""

    def __init__(self, platform: Platform, tags: Tags, arn_kind: str, words: str) -> None:
        self._platform = platform
        self._tags = tags
        self._arn_kind = arn_kind
        self._words = words
        self._items: dict[str, T] = {}
        self._lock = threading.Lock()

    def arn(self, name: str) -> str:
        """The ARN of the resource of this name, whether it exists or not."""
        return resources.arn(self._platform, self._arn_kind, name)

    def add(self, request: ServiceRequest, name: str, item: T) -> None:
        """Add a resource; raises ValidationException when its name is in use."""
        arn = self.arn(name)
        with self._lock:
            if arn in self._items:
                raise already_exists(self._words, arn)
            self._tags.create(request, arn)
            self._items[arn] = item

    def get(self, name: str) -> T:
        """The resource; raises ValidationException when there is none."""
        arn = self.arn(name)
        with self._lock:
            if arn not in self._items:
                raise could_not_find(self._words, arn)
            return self._items[arn]

    def remove(self, name: str) -> None:
        """Remove the resource; raises ValidationException when there is none."""
        arn = self.arn(name)
        with self._lock:
            if self._items.pop(arn, None) is None:
                raise could_not_find(self._words, arn)
        self._tags.forget(arn)

    def all(self) -> list[T]:
        """Every resource at this moment."""
        with self._lock:
            return list(self._items.values())
