"""What the domain needs of the bucket, above all conditional writes.

`tunedrop.aws.bucket.Bucket` implements it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec


class MissingError(Exception):
    """There is no such object."""


class ExistsError(Exception):
    """The object exists already: another process created it first."""


class ChangedError(Exception):
    """Another process has written the object since it was read."""


class Stored(msgspec.Struct):
    """An object's bytes, and the ETag for a conditional write."""

    body: bytes
    etag: str


class Upload(msgspec.Struct):
    """The current version of a dropped object; `size` in bytes, `modified` ISO 8601 (UTC).

    `checksum` identifies the content where S3 has a checksum (see `tunedrop.aws.bucket`).
    """

    version_id: str
    etag: str
    checksum: str
    size: int
    modified: str
    metadata: dict[str, str] = {}


class Listed(msgspec.Struct):
    """An object as a listing shows it; `modified` ISO 8601 (UTC), to the second."""

    key: str
    etag: str
    modified: str


class Store(Protocol):
    """One bucket."""

    name: str

    def read(self, key: str) -> Stored:
        """Return the object; raises MissingError."""

    def create(self, key: str, body: bytes) -> str:
        """Write the object if there is none and return its ETag; raises ExistsError.

        An object with the same content counts as written by this call.
        """

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Write the object if it still has this ETag; raises ChangedError."""

    def write(self, key: str, body: bytes, content_type: str) -> None:
        """Write the object; an existing one is replaced."""

    def send_file(self, path: Path, key: str) -> None:
        """Write a file as an object."""

    def open(self, key: str, version_id: str) -> BinaryIO:
        """Stream one version of an object; raises MissingError."""

    def head(self, key: str) -> Upload:
        """Describe the current version; raises MissingError."""

    def keys(self, prefix: str) -> Iterator[str]:
        """List the keys below a prefix."""

    def listing(self, prefix: str, *, directly: bool = False) -> Iterator[Listed]:
        """List the objects below a prefix; `directly` leaves out those with a slash after it."""

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is fine."""
