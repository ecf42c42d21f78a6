"""Copies objects in S3 to files and back, with the credentials of a job's or model's role.

Nothing is cached: the emulator in the same process delivers 270 MB in about a second, and IAM
authorizes every download.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK_BYTES = 4 * 1024 * 1024
"""Bytes of an object that are held in memory at a time."""


class TransferError(Exception):
    """S3 refused, or the objects cannot be written as files; the message says which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Location:
    """A bucket and a key or key prefix in it."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> S3Location:
        """Read `s3://bucket/key`; ValueError for anything else."""
        parts = urlsplit(uri, allow_fragments=False)
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError(f"{uri!r} is not of the form s3://bucket/key")
        return cls(bucket=parts.netloc, key=uri.split(parts.netloc, 1)[1].removeprefix("/"))

    def folder(self, *names: str) -> S3Location:
        """The prefix of a folder below this one; it ends with a slash."""
        segments = [self.key.rstrip("/"), *names]
        joined = "/".join(segment for segment in segments if segment)
        return S3Location(bucket=self.bucket, key=f"{joined}/")

    def object(self, name: str) -> S3Location:
        """An object in this folder."""
        return S3Location(bucket=self.bucket, key=f"{self.key}{name}")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class ObjectStore:
    """S3 as one role sees it. Every method raises TransferError with S3's message."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def list(self, prefix: S3Location) -> list[str]:
        """The keys that begin with the prefix, without the folder markers of some tools."""
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=prefix.bucket, Prefix=prefix.key
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as error:
            raise TransferError(str(error)) from error
        return [key for key in keys if not key.endswith("/")]

    def download_prefix(
        self, prefix: S3Location, folder: Path, may_go_on: Callable[[], bool] = lambda: True
    ) -> int:
        """Download the objects under `prefix` into `folder`; return the number of objects found.

        Stops early when `may_go_on`, which is called before every object, returns False.
        """
        keys = self.list(prefix)
        folder.mkdir(parents=True, exist_ok=True)
        for key in keys:
            if not may_go_on():
                break
            self.download(
                S3Location(bucket=prefix.bucket, key=key), folder / relative_name(key, prefix.key)
            )
        return len(keys)

    def download(self, source: S3Location, target: Path) -> None:
        """Write one object to one file."""
        if ".." in target.parts:
            raise TransferError(f"{source} would be written outside of its folder")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            body = self._client.get_object(Bucket=source.bucket, Key=source.key)["Body"]
            with target.open("wb") as file:
                for chunk in body.iter_chunks(CHUNK_BYTES):
                    file.write(chunk)
        except (ClientError, BotoCoreError) as error:
            raise TransferError(str(error)) from error
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise TransferError(
                f"{source}: please ensure that there is no object that is both a folder and a file"
            ) from error

    def upload(self, source: Path, target: S3Location) -> None:
        """Write one file to one object."""
        try:
            self._client.upload_file(str(source), target.bucket, target.key)
        except Exception as error:
            # boto3 wraps S3's error in a different exception for each way of uploading.
            raise TransferError(str(error)) from error

    def upload_folder(self, folder: Path, target: S3Location) -> None:
        """Write every file below `folder` to the same name below `target`."""
        for file in files_below(folder):
            self.upload(file, target.object(file.relative_to(folder).as_posix()))


def relative_name(key: str, prefix: str) -> str:
    """Return the path, in its channel, of the file of an object that `prefix` found.

    For the prefix `a/b` or `a/b/`, the object `a/b/c/d` is `c/d`; for the prefix `a/b`, the object
    `a/b` is `b`, and `a/b.txt` is `b.txt`.
    """
    if prefix.endswith("/") or key.startswith(f"{prefix}/"):
        return key[len(prefix) :].lstrip("/")
    return key[prefix.rfind("/") + 1 :]


def files_below(folder: Path) -> Iterator[Path]:
    """Every regular file below the folder, in order of name."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
