"""A processing program in miniature: does what its first argument says."""
# ruff: noqa: T201  # it speaks to whoever started it

import json
import os
import signal
import sys
import time
from pathlib import Path

import boto3

ROOT = Path(os.environ["SAGEMAKER_BASE_DIR"])


def report() -> None:
    """Write everything the program can see of its world into the bucket, with its own role."""
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
    """Explain at length, and fail."""
    (ROOT / "output" / "message").write_text("the rows are gone " + "!" * 2000)
    sys.exit(3)


def leave_message_and_complete() -> None:
    (ROOT / "output" / "message").write_text("all well")


def die() -> None:
    """End as a program that took too much memory does."""
    os.kill(os.getpid(), signal.SIGKILL)


def work() -> None:
    """Run until SIGTERM, then end in order."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"pid {os.getpid()} working", flush=True)
    time.sleep(600)


def ignore_everything() -> None:
    """Run on after SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(600)


def isolated() -> None:
    """Say which AWS variables there are."""
    names = sorted(name for name in os.environ if name.startswith("AWS_"))
    (ROOT / "output" / "message").write_text(" ".join(names))


globals()[sys.argv[1]]()
