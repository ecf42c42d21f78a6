"""What a place that a base model is fetched from must offer."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fetching.errors import DamagedError

CHUNK_BYTES = 1 << 20  # Read at a time for the digests.


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file at the source.

    Attributes:
        name: relative to the model's directory.
        size: in bytes; None if the source does not tell it.
        sha256: of the content, where the source tells it (the hub: of large files).
        git_sha1: git's object id, where the source tells it (the hub: of small files).
    """

    name: str
    size: int | None = None
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The files at one state of the source.

    Attributes:
        files: all files, by name.
        commit: the hub's commit to which the revision was resolved; None for a bucket.
    """

    files: dict[str, RemoteFile] = field(default_factory=dict)
    commit: str | None = None


class Source(Protocol):
    """A model's directory somewhere else."""

    @property
    def place(self) -> str:
        """Where it is, for people: an address or an S3 URI."""

    def listing(self) -> Listing:
        """List the files; raises FetchError."""

    def download(self, file: RemoteFile, folder: Path) -> tuple[Path, str]:
        """Write one file into `folder`; return it and its SHA-256. Raises FetchError."""


def checked(path: Path, file: RemoteFile) -> str:
    """Return the SHA-256 of a downloaded file; raises DamagedError if it is not what it should."""
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        raise DamagedError(f"{file.name} has {size:,} bytes instead of {file.size:,}")
    whole = hashlib.sha256()
    # Git's id of a file: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    blob = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            whole.update(chunk)
            if file.git_sha1:
                blob.update(chunk)
    for told, found in ((file.sha256, whole.hexdigest()), (file.git_sha1, blob.hexdigest())):
        if told and told != found:
            raise DamagedError(f"{file.name} has the digest {found} instead of {told}")
    return whole.hexdigest()
