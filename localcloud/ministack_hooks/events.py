"""Events of source `aws.*`, which the public PutEvents refuses as AWS does."""

from __future__ import annotations

from ministack.services import eventbridge


def put(source: str, detail_type: str, resources: list[str], detail: str) -> None:
    """Put one event on the default bus; `detail` is JSON text."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Resources": resources,
        "Detail": detail,
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)  # noqa: SLF001
