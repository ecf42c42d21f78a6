"""Reads the steps of a training job from its log while it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingLog:
    """Yields each step of a job once: the JSON objects that the training program logs."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._seen: set[str] = set()

    def new_steps(self, job: str) -> Iterator[dict[str, Any]]:
        """Steps that were logged since the last call."""
        for event in self._events(job):
            if event["eventId"] in self._seen:
                continue
            self._seen.add(event["eventId"])
            step = _step(event["message"])
            if step:
                yield step

    def _events(self, job: str) -> Iterator[dict[str, Any]]:
        try:
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job}/"
            )
            for page in pages:
                yield from page["events"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise  # the first job creates the group


def _step(message: str) -> dict[str, Any] | None:
    if not message.startswith("{"):
        return None
    try:
        document = json.loads(message)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "step" in document else None
