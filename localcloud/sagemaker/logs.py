"""A container's output as a CloudWatch Logs stream, written while the program runs."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

MAX_BATCH_EVENTS = 10_000
"""PutLogEvents accepts at most this number of events."""
MAX_BATCH_BYTES = 1_048_576
"""PutLogEvents accepts at most this number of bytes."""
EVENT_OVERHEAD_BYTES = 26
"""PutLogEvents counts this number of bytes for each event, beside its message."""
MAX_MESSAGE_CHARACTERS = 60_000
"""An event may have 256 KiB, and these are 240,000 bytes at most in UTF-8. A longer line is cut."""

log = logging.getLogger("localcloud.sagemaker")


class LogStream:
    """One stream of one group; lines are sent in batches, so that the program never waits.

    When the role may not write logs, lines are dropped and the job continues, as on AWS.
    """

    def __init__(self, client: Any, group: str, stream: str, interval_seconds: float) -> None:
        self._client = client
        self._place = {"logGroupName": group, "logStreamName": stream}
        self._interval = interval_seconds
        self._lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._refused = False
        self._writer = threading.Thread(target=self._write_batches, daemon=True)

    def __enter__(self) -> Self:
        self._attempt(self._create)
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._writer.join()

    def write(self, line: str) -> None:
        """Take one line of output, without its line break."""
        now = int(time.time() * 1000)
        size = MAX_MESSAGE_CHARACTERS
        pieces = [line[at : at + size] for at in range(0, len(line), size)]
        with self._lock:
            # CloudWatch refuses an empty message.
            self._lines += [{"timestamp": now, "message": piece} for piece in pieces or [" "]]

    def _write_batches(self) -> None:
        closing = False
        while not closing:
            closing = self._closing.wait(self._interval)
            while batch := self._take():
                self._attempt(self._client.put_log_events, logEvents=batch, **self._place)

    def _take(self) -> list[dict[str, Any]]:
        """Remove and return the oldest lines that fit into one request."""
        with self._lock:
            count = size = 0
            for line in self._lines[:MAX_BATCH_EVENTS]:
                size += len(line["message"].encode()) + EVENT_OVERHEAD_BYTES
                if size > MAX_BATCH_BYTES:
                    break
                count += 1
            batch, self._lines = self._lines[:count], self._lines[count:]
            return batch

    def _create(self) -> None:
        group = self._place["logGroupName"]
        try:
            self._client.create_log_group(logGroupName=group)
        except self._client.exceptions.ResourceAlreadyExistsException:
            log.debug("log group %s exists", group)
        self._client.create_log_stream(**self._place)

    def _attempt(self, call: Any, **arguments: Any) -> None:
        if self._refused:
            return
        try:
            call(**arguments)
        except (ClientError, BotoCoreError) as error:
            self._refused = True
            log.warning("cannot write logs to %s: %s", self._place["logGroupName"], error)
