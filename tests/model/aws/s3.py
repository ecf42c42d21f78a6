"""S3 as the adapter sees it: one bucket with versions, conditional writes and events."""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.model.faults import client_error


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object; `body` is None for a delete marker. `modified` in epoch seconds."""

    id: str
    body: bytes | None
    modified: float
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """The ETag with its quotes, of the content as for uploads in one part."""
        return f'"{hashlib.md5(self.body or b"").hexdigest()}"'  # noqa: S324 - as S3 does


class S3:
    """The objects of the bucket, with all their versions."""

    def __init__(self, clock: Callable[[], float], created: Callable[[str, str], None]) -> None:
        self.versions: dict[str, list[Version]] = {}
        self._clock = clock
        self._created = created
        self._number = 0

    def current(self, key: str) -> Version | None:
        """Return the current version, or None when there is no object."""
        versions = self.versions.get(key)
        return versions[-1] if versions and versions[-1].body is not None else None

    def keys(self, prefix: str) -> list[str]:
        """Return the keys of the objects below a prefix, sorted as S3 lists them."""
        return sorted(k for k in self.versions if k.startswith(prefix) and self.current(k))

    def put(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> Version:
        """Write an object without conditions, and send its event."""
        self._number += 1
        version = Version(f"v{self._number:05}", body, self._clock(), metadata or {})
        self.versions.setdefault(key, []).append(version)
        self._created(key, version.id)
        return version

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> Any:  # noqa: N803, ARG002
        version = self._find("GetObject", Key, VersionId)
        return {**_described(version), "Body": io.BytesIO(version.body or b"")}

    def head_object(self, *, Bucket: str, Key: str, ChecksumMode: str = "") -> Any:  # noqa: N803, ARG002
        return _described(self._find("HeadObject", Key, None))

    def put_object(self, *, Key: str, Body: bytes, **others: str) -> Any:  # noqa: N803
        current = self.current(Key)
        etag = others.get("IfMatch")
        if etag and current is None:
            raise client_error("PutObject", "NoSuchKey", "The key does not exist.", 404)
        is_false = current and (current.etag != etag if etag else others.get("IfNoneMatch"))
        if is_false:
            raise client_error("PutObject", "PreconditionFailed", "A condition is false.", 412)
        return {"ETag": self.put(Key, Body).etag}

    def upload_file(self, path: str, bucket: str, key: str) -> None:  # noqa: ARG002
        self.put(key, Path(path).read_bytes())

    def delete_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803, ARG002
        if self.current(Key):
            self._number += 1
            marker = Version(f"v{self._number:05}", None, self._clock())
            self.versions[Key].append(marker)
        return {}

    def list_objects_v2(self, *, Bucket: str, Prefix: str = "", Delimiter: str = "") -> Any:  # noqa: N803, ARG002
        listed = [
            key
            for key in self.keys(Prefix)
            if not Delimiter or Delimiter not in key.removeprefix(Prefix)
        ]
        found = [(key, self.current(key)) for key in listed]
        return {
            "Contents": [
                {"Key": key, "ETag": version.etag, "LastModified": _moment(version.modified)}
                for key, version in found
                if version
            ]
        }

    def _find(self, operation: str, key: str, version_id: str | None) -> Version:
        current = self.current(key)
        if version_id is not None:
            found = [each for each in self.versions.get(key, []) if each.id == version_id]
            current = found[0] if found and found[0].body is not None else None
        if current is None:
            code = "404" if operation == "HeadObject" else "NoSuchKey"
            raise client_error(operation, code, "Not found", 404)
        return current


def _described(version: Version) -> dict[str, Any]:
    body = version.body or b""
    return {
        "VersionId": version.id,
        "ETag": version.etag,
        "ContentLength": len(body),
        "LastModified": _moment(version.modified),
        "ChecksumCRC64NVME": hashlib.sha256(body).hexdigest()[:16],
        "Metadata": dict(version.metadata),
    }


def _moment(seconds: float) -> datetime:
    """Return the time as S3 reports it, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)
