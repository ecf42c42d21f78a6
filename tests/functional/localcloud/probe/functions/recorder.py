"""Functions that write down what they were given, for the tests of the emulator."""

import json
import os
import uuid

import boto3

s3 = boto3.client("s3")


def record(kind, body):
    """Put one JSON document under seen/<kind>/."""
    key = f"seen/{kind}/{uuid.uuid4().hex}.json"
    s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=json.dumps(body).encode())


def lambda_handler(event, context):
    """Record the event and the process it meets; fail for keys that ask for it."""
    print(json.dumps({"message": "seen", "id": event["id"]}))
    record(
        "event",
        {
            "event": event,
            "environment": dict(os.environ),
            "path": __import__("sys").path,
            "remaining": context.get_remaining_time_in_millis(),
            "request_id": context.aws_request_id,
        },
    )
    key = event["detail"].get("object", {}).get("key", "")
    if key.endswith("fail.csv"):
        raise ValueError(f"asked to fail for {key}")
    if key.endswith("mail.csv"):
        boto3.client("sns").publish(
            TopicArn=os.environ["TOPIC"], Subject="Grüße ✓", Message="Ä body\nof two lines"
        )
    if key.endswith("memory.csv"):
        hold = bytearray(600 * 1024 * 1024)
        for i in range(0, len(hold), 4096):
            hold[i] = 1
    if key.endswith("slow.csv"):
        __import__("time").sleep(60)
    return {"ok": True}


def dead_letter_handler(event, _context):
    """Record a dead letter."""
    record("letter", event)
    return {"batchItemFailures": []}


def tick_handler(event, _context):
    """Record a tick of the schedule."""
    record("tick", event)
