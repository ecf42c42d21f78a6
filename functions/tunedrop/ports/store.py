"""The bucket as the domain sees it: documents that change only on a condition.

`tunedrop.aws.bucket.Bucket` is the real one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec


class MissingError(Exception):
    """There is no such object (or no permission to know)."""


class ExistsError(Exception):
    """The object is there already: somebody else created it first."""


class ChangedError(Exception):
    """The object is no longer what was read: somebody else wrote it meanwhile."""


class Stored(msgspec.Struct):
    """An object's bytes and the ETag that a conditional write must name."""

    body: bytes
    etag: str


class Upload(msgspec.Struct):
    """The current version of a dropped object; `size` in bytes, `modified` ISO 8601 (UTC).

    `checksum` tells the content apart wherever S3 knows one (see `tunedrop.aws.bucket`).
    """

    version_id: str
    etag: str
    checksum: str
    size: int
    modified: str
    metadata: dict[str, str] = {}


class Store(Protocol):
    """One bucket."""

    name: str

    def read(self, key: str) -> Stored:
        """Return the object; raises MissingError."""

    def create(self, key: str, body: bytes) -> str:
        """Write the object if there is none and return its ETag; raises ExistsError."""

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Write the object if it still has this ETag; raises ChangedError."""

    def write(self, key: str, body: bytes, content_type: str) -> None:
        """Write the object, whatever was there."""

    def send_file(self, path: Path, key: str) -> None:
        """Write a file as an object."""

    def open(self, key: str, version_id: str) -> BinaryIO:
        """Stream one version of an object; raises MissingError."""

    def head(self, key: str) -> Upload:
        """Describe the current version; raises MissingError."""

    def keys(self, prefix: str) -> Iterator[str]:
        """List the keys below a prefix."""

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is fine."""
