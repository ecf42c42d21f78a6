"""The data bucket in S3."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from tunedrop.ports.store import (
    ChangedError,
    ExistsError,
    Listed,
    MissingError,
    Stored,
    Upload,
)

CONFLICT_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # Seconds between attempts after a conflict.
CHECKSUMS = ("SHA256", "SHA1", "CRC64NVME", "CRC32C", "CRC32")
PRECONDITION_FAILED, NOT_FOUND, CONFLICT = 412, 404, 409  # HTTP status codes.
# S3 answers 404 for a missing object only when the role has s3:ListBucket, which every role has.
# A key of more than 1,024 bytes names no object.
MISSING = ("404", "NoSuchKey", "NoSuchVersion", "KeyTooLongError")


class Bucket:
    """One bucket, with conditional writes."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def read(self, key: str) -> Stored:
        """Return the object; raises MissingError."""
        answer = self._get(Key=key)
        return Stored(answer["Body"].read(), answer["ETag"])

    def create(self, key: str, body: bytes) -> str:
        """Write the object if there is none and return its ETag; raises ExistsError.

        An object with the same content counts as written by this call.
        """
        return self._put_if(ExistsError, key, body, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Write the object if it still has this ETag; raises ChangedError."""
        return self._put_if(ChangedError, key, body, IfMatch=etag)

    def write(self, key: str, body: bytes, content_type: str) -> None:
        """Write the object; an existing one is replaced."""
        self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type)

    def send_file(self, path: Path, key: str) -> None:
        """Write a file as an object; a large file is uploaded in parts."""
        self.client.upload_file(str(path), self.name, key)

    def open(self, key: str, version_id: str) -> BinaryIO:
        """Stream one version of an object; raises MissingError."""
        version = {} if version_id == "null" else {"VersionId": version_id}
        body: BinaryIO = self._get(Key=key, **version)["Body"]
        return body

    def head(self, key: str) -> Upload:
        """Describe the current version; raises MissingError.

        The checksum is the one that the client sent or, since 2025, the CRC-64/NVME that S3
        computes itself. Only older objects have none; then the ETag is used, although it is no
        digest of the content after a multipart upload or under SSE-KMS.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
        """
        try:
            answer = self.client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            raise _as_missing(error, key) from error
        return Upload(
            version_id=answer.get("VersionId", "null"),
            etag=answer["ETag"].strip('"'),
            checksum=_checksum(answer),
            size=answer["ContentLength"],
            modified=answer["LastModified"].isoformat(timespec="seconds"),
            metadata=answer.get("Metadata", {}),
        )

    def keys(self, prefix: str) -> Iterator[str]:
        """List the keys below a prefix."""
        return (listed.key for listed in self.listing(prefix))

    def listing(self, prefix: str, *, directly: bool = False) -> Iterator[Listed]:
        """List the objects below a prefix; `directly` leaves out those with a slash after it."""
        pages = self.client.get_paginator("list_objects_v2")
        delimiter = {"Delimiter": "/"} if directly else {}
        for page in pages.paginate(Bucket=self.name, Prefix=prefix, **delimiter):
            for item in page.get("Contents", []):
                modified = item["LastModified"].isoformat(timespec="seconds")
                yield Listed(item["Key"], item["ETag"].strip('"'), modified)

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is fine."""
        self.client.delete_object(Bucket=self.name, Key=key)

    def _get(self, **arguments: str) -> Any:
        try:
            return self.client.get_object(Bucket=self.name, **arguments)
        except ClientError as error:
            raise _as_missing(error, arguments["Key"]) from error

    def _written_before(self, key: str, body: bytes) -> str | None:
        """Return the ETag if the object has exactly this content, else None.

        If the answer to a write is lost, boto3 sends the write again, and then its own first try
        makes the condition false.
        """
        try:
            stored = self.read(key)
        except MissingError:
            return None
        return stored.etag if stored.body == body else None

    def _put_if(self, refused: type[Exception], key: str, body: bytes, **condition: str) -> str:
        """Put on a condition. Status 412 refuses; 409 means that another write is in progress.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        for pause in (*CONFLICT_PAUSES, None):
            try:
                answer = self.client.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    ContentType="application/json",
                    **condition,
                )
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status == PRECONDITION_FAILED or (
                    status == NOT_FOUND and refused is ChangedError
                ):
                    if written := self._written_before(key, body):
                        return written
                    raise refused(key) from error
                if status != CONFLICT or pause is None:
                    raise
                time.sleep(pause)
            else:
                etag: str = answer["ETag"]
                return etag
        raise AssertionError("unreachable: the last conflict is raised")


def _checksum(head: dict[str, Any]) -> str:
    """Return "<algorithm>:<value>" of the strongest checksum that S3 has, else of the ETag."""
    for algorithm in CHECKSUMS:
        if value := head.get(f"Checksum{algorithm}"):
            return f"{algorithm}:{value}"
    return f"ETag:{head['ETag']}"


def _as_missing(error: ClientError, key: str) -> Exception:
    return MissingError(key) if error.response["Error"]["Code"] in MISSING else error
