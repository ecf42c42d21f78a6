"""Reads the steps of a training job from its log while it runs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM = re.compile(r"(?:-(\d+)-[0-9a-f]+)?/")
"""What follows the job's name in the name of a stream; the group is the number of a trial."""
LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingLog:
    """Yields each step of a job once: the JSON objects that the training program logs.

    The training jobs of a tuning job have its name with a number after it; a step of such a trial
    has the number as `trial`.
    """

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._seen: set[str] = set()

    def new_steps(self, job: str) -> Iterator[dict[str, Any]]:
        """Steps of the job, or of the trials of a tuning job, that were logged since then."""
        for event in self._events(job):
            if event["eventId"] in self._seen:
                continue
            self._seen.add(event["eventId"])
            # The attempt 10 begins as attempt 1 does, so the prefix alone is not enough.
            stream = STREAM.match(event["logStreamName"].removeprefix(job))
            step = _step(event["message"]) if stream else None
            if stream and step:
                yield step | ({"trial": int(stream.group(1))} if stream.group(1) else {})

    def _events(self, job: str) -> Iterator[dict[str, Any]]:
        try:
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=LOG_GROUP, logStreamNamePrefix=job
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
