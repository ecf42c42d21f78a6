"""The probe stack on a local AWS, started as a user starts it: `python -m localcloud up`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import boto3

from tests.support.cloud import PACKAGES, ROOT, wait_for

PROBE = Path(__file__).parent / "probe"
BUCKET = "probe-123456789012"
SECONDS = 90.0


class ProbeCloud:
    """One running `localcloud up` with the probe stack."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        probe = directory / "probe"
        if not probe.exists():
            shutil.copytree(PROBE, probe)
            shutil.copy(ROOT / "functions" / "requirements.txt", probe / "functions")
            if PACKAGES.exists():
                shutil.copytree(PACKAGES, directory / "build")
        command = [sys.executable, "-m", "localcloud", "up", "--dir", str(directory), "--port", "0"]
        command += ["--template", str(probe / "template.yaml"), "--no-confirm"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "HOST_SECRET": "do-not-leak", "AWS_PROFILE": "real-account"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        wait_for(self._ready, SECONDS, lambda: "".join(self.output))
        self.exports = dict(re.findall(r"export (AWS_[A-Z_]+)=(\S+)", "".join(self.output)))
        self.s3 = self.client("s3")

    def client(self, service: str) -> Any:
        """Return a boto3 client with what `up` told to export."""
        return boto3.client(
            service,
            endpoint_url=self.exports["AWS_ENDPOINT_URL"],
            region_name=self.exports["AWS_REGION"],
            aws_access_key_id=self.exports["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.exports["AWS_SECRET_ACCESS_KEY"],
        )

    def drop(self, dataset: str, name: str) -> str:
        """Upload a file and return its version."""
        put = self.s3.put_object(Bucket=BUCKET, Key=f"datasets/{dataset}/{name}", Body=b"abc")
        version: str = put["VersionId"]
        return version

    def seen(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many records of a kind, and return all."""

        def look() -> list[dict[str, Any]] | None:
            listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"seen/{kind}/")
            keys = [item["Key"] for item in listed.get("Contents", [])]
            if len(keys) < count:
                return None
            bodies = [self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
            return [json.loads(body) for body in bodies]

        return wait_for(look, SECONDS, self.log)

    def log(self) -> str:
        """Return the log of localcloud itself."""
        return (self.directory / "localcloud.log").read_text()[-4000:]

    def end(self, with_signal: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        status = self.process.wait(60)
        self.reader.join(10)
        return status

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.output.append(line)

    def _ready(self) -> bool:
        assert self.process.poll() is None, "".join(self.output)
        return "Ctrl-C" in "".join(self.output)
