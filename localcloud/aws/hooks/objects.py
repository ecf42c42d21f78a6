"""S3: events that name the version, buckets that survive a restart, bodies kept on disk only.

A missing object is answered with 403 to a caller who may not list the bucket.

ministack keeps objects and versions on disk (S3_PERSIST) but not the stack; the next deployment
finds the bucket there and adopts it. Without the change here it also keeps the body of every
version in memory.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
from typing import Any

from ministack.core import iam_evaluator, router
from ministack.core.responses import get_region
from ministack.services import eventbridge, s3
from ministack.services.cloudformation import provisioners

NOT_FOUND, FORBIDDEN = 404, 403  # HTTP status codes.
_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)
_fire_async = s3._fire_s3_event_async  # noqa: SLF001
_fire = s3._fire_s3_event  # noqa: SLF001
_dispatch = eventbridge._dispatch_event  # noqa: SLF001
_persist = s3._persist_object  # noqa: SLF001
_handle = s3.handle_request
_create_bucket = provisioners._s3_create  # noqa: SLF001


def install() -> None:
    """Replace the functions above."""
    s3._fire_s3_event_async = _fire_async_with_version  # noqa: SLF001
    s3._fire_s3_event = _fire_with_version  # noqa: SLF001
    eventbridge._dispatch_event = _dispatch_with_version  # noqa: SLF001
    s3._persist_object = _persist_on_disk_only  # noqa: SLF001
    s3.handle_request = _handle_with_403
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]  # noqa: SLF001
    handlers["create"] = _create_or_adopt_bucket
    provisioners.s3_bucket_name_conflict = lambda _name: None


async def _handle_with_403(
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
    **options: Any,
) -> Any:
    """Answer 403 for a missing object unless the caller may list the bucket, as S3 does.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    answer = await _handle(method, path, headers, body, query, **options)
    bucket, _, key = path.lstrip("/").partition("/")
    is_missing = answer[0] == NOT_FOUND and method in {"GET", "HEAD"} and key
    if not is_missing or options.get("internal") or bucket not in s3._buckets:  # noqa: SLF001
        return answer
    denied = iam_evaluator.enforce(
        router.extract_access_key_id(headers, query),
        "s3:ListBucket",
        "s3",
        get_region(),
        resource_arn=f"arn:aws:s3:::{bucket}",
    )
    if not denied:
        return answer
    message = f"it is missing, and the caller may not list the bucket {bucket}"
    status, fields, text = s3._error("AccessDenied", message, FORBIDDEN, path)  # noqa: SLF001
    return status, fields, b"" if method == "HEAD" else text


def _fire_async_with_version(bucket: str, key: str, event_name: str, **details: Any) -> None:
    """Read the version during the request: the next upload may replace it."""
    if event_name.startswith("s3:ObjectCreated:") and not details.get("version_id"):
        stored = s3._buckets[bucket]["objects"].get(key) or {}  # noqa: SLF001
        details["version_id"] = stored.get("version_id")
    _fire_async(bucket, key, event_name, **details)


def _fire_with_version(*arguments: Any, version_id: str | None = None, **details: Any) -> None:
    _version.set(version_id)  # each event has a context of its own
    _fire(*arguments, version_id=version_id, **details)


def _dispatch_with_version(event: dict[str, Any], view: Any = None) -> None:
    if event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        if version := _version.get():
            detail["object"]["version-id"] = version
        event["Detail"] = json.dumps(detail)
        event["Time"] = f"{event['Time'][:19]}Z"  # AWS gives whole seconds
    _dispatch(event, view)


def _persist_on_disk_only(bucket: str, key: str, record: Any) -> None:
    """Drop a version's body from memory once it is on disk; reads then use the disk."""
    _persist(bucket, key, record)
    if (
        isinstance(record, dict) and record.get("body") is None
    ):  # None means that the body is on disk
        for version in s3._object_versions.get((bucket, key)) or []:  # noqa: SLF001
            if version["version_id"] == record.get("version_id"):
                version["data"] = None


def _create_or_adopt_bucket(
    logical_id: str, properties: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, str]]:
    if not properties.get("BucketName"):
        # ministack would pick a random name, and the next start would not find the objects.
        seed = hashlib.sha256(f"{stack_name}/{logical_id}".encode()).hexdigest()[:8]
        provisioners._NAME_SEED.set(seed)  # noqa: SLF001
    name = properties.get("BucketName") or provisioners._physical_name(  # noqa: SLF001
        stack_name, logical_id, lowercase=True, max_len=63
    )
    create = provisioners._s3_update if name in s3._buckets else None  # noqa: SLF001
    created: tuple[str, dict[str, str]] = (
        create(name, {}, properties, stack_name)
        if create
        else _create_bucket(logical_id, properties, stack_name)
    )
    return created
