"""A small processing program that does what its first argument names."""
# ruff: noqa: T201  # its output is the job's log

import json
import os
import signal
import sys
import time
from pathlib import Path

import boto3

ROOT = Path(os.environ["SAGEMAKER_BASE_DIR"])


def report() -> None:
    """Write the program's arguments, environment and files into the bucket, with its role."""
    config = ROOT / "config"
    seen = {
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "processingjobconfig": json.loads((config / "processingjobconfig.json").read_text()),
        "resourceconfig": json.loads((config / "resourceconfig.json").read_text()),
    }
    name = seen["processingjobconfig"]["ProcessingJobName"]
    body = json.dumps(seen).encode()
    boto3.client("s3").put_object(Bucket=sys.argv[2], Key=f"seen/{name}.json", Body=body)
    print(f"wrote what {name} has seen", flush=True)


def leave_message() -> None:
    """Write a long message, and fail."""
    (ROOT / "output" / "message").write_text("the rows are gone " + "!" * 2000)
    sys.exit(3)


def leave_message_and_complete() -> None:
    (ROOT / "output" / "message").write_text("all well")


def die() -> None:
    """End like a program that used too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def work() -> None:
    """Run until SIGTERM, then exit with status 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"pid {os.getpid()} working", flush=True)
    time.sleep(600)


def ignore_everything() -> None:
    """Ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ignoring SIGTERM", flush=True)
    time.sleep(600)


def isolated() -> None:
    """Write the names of the AWS variables as the message."""
    names = sorted(name for name in os.environ if name.startswith("AWS_"))
    (ROOT / "output" / "message").write_text(" ".join(names))


globals()[sys.argv[1]]()
