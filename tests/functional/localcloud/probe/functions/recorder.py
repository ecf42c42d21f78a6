"""Functions that record their events, for the tests of the emulator.

The name of the dropped file tells `lambda_handler` what to do.
"""

import json
import os
import sys
import time
import uuid
from pathlib import PurePosixPath
from typing import Any

import boto3

s3 = boto3.client("s3")
PAGE = 4096


def record(kind: str, body: Any) -> None:
    """Put one JSON document under seen/<kind>/."""
    key = f"seen/{kind}/{uuid.uuid4().hex}.json"
    s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=json.dumps(body).encode())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, bool]:
    """Record the event and the process, and then do what the file's name says."""
    name = PurePosixPath(event["detail"]["object"]["key"]).name
    print(f"seen {name}")  # noqa: T201  # a function's log
    record(
        event["detail"]["object"]["key"].split("/")[1],
        {
            "event": event,
            "request_id": context.aws_request_id,
            "environment": dict(os.environ),
            "path": sys.path,
            "remaining_ms": context.get_remaining_time_in_millis(),
            "process": os.getpid(),
        },
    )
    if name == "fail.csv":
        raise ValueError("asked to fail")
    if name == "memory.csv":
        held = bytearray(600 * 1024 * 1024)
        held[::PAGE] = bytes(len(held) // PAGE)
        time.sleep(1)
    if name == "slow.csv":
        time.sleep(60)
    return {"ok": True}


def dead_letter_handler(event: dict[str, Any], _context: Any) -> dict[str, list[str]]:
    """Record each dead letter under its dataset."""
    for letter in event["Records"]:
        body = json.loads(letter["body"])
        key = body["requestPayload"]["detail"]["object"]["key"]
        record(f"{key.split('/')[1]}-letter", body)
    return {"batchItemFailures": []}


def tick_handler(event: dict[str, Any], _context: Any) -> None:
    """Record a tick of the schedule."""
    record("tick", event)


def layer_handler(_event: Any, _context: Any) -> str:
    """Return the word of the layer."""
    import words  # type: ignore[import-not-found]  # noqa: PLC0415

    return str(words.WORD)
