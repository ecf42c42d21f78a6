"""The local AWS as a user starts it, with `python -m localcloud up`."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.exceptions import ClientError

from tests.support.local_aws.packages import ROOT, provide_packages

MODEL_ID = "tests/tiny"
# Limits for what never happens. Tests wait for the thing itself, also on the slowest machine.
START_SECONDS = 600.0
RUN_SECONDS = 900.0
STOP_SECONDS = 300.0
Found = TypeVar("Found")


class LocalAws:
    """One `localcloud up`: its process, its output, and clients with its credentials."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        # A secret of the host that no function, job or endpoint may ever see.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "localcloud", "up", "--port", "0", *arguments],
            cwd=ROOT,
            env={**os.environ, "HOST_SECRET": "do-not-leak", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            wait_for(self._ready, lambda: self.output, START_SECONDS)
        except AssertionError:
            self.stop()
            raise
        self.exports = dict(re.findall(r"export (AWS_[A-Z_]+)=(\S+)", self.output))
        self.s3 = self.client("s3")

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return "".join(self._lines)

    def client(self, service: str) -> Any:
        """Return a boto3 client with the credentials that `up` printed."""
        return boto3.client(
            service,
            endpoint_url=self.exports["AWS_ENDPOINT_URL"],
            region_name=self.exports["AWS_DEFAULT_REGION"],
            aws_access_key_id=self.exports["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.exports["AWS_SECRET_ACCESS_KEY"],
        )

    def acting_with(self, policies: Mapping[str, Any], service: str) -> Any:
        """Return a boto3 client with the credentials of a new role that has these policies.

        Args:
            policies: policy documents by name.
            service: the client's service.
        """
        iam, name = self.client("iam"), f"acting-{uuid.uuid4().hex[:12]}"
        account = self.client("sts").get_caller_identity()["Account"]
        principal = {"AWS": f"arn:aws:iam::{account}:root"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        for title, allowed in policies.items():
            text = json.dumps(allowed)
            iam.put_role_policy(RoleName=name, PolicyName=title, PolicyDocument=text)
        got = self.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="test")
        keys = got["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.exports["AWS_ENDPOINT_URL"],
            region_name=self.exports["AWS_DEFAULT_REGION"],
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """End the local AWS, as Ctrl-C does too; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        status = self.process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        return status

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self._lines.append(line)

    def _ready(self) -> bool:
        assert self.process.poll() is None, self.output
        return "Ctrl-C" in self.output


class Cloud(LocalAws):
    """One running local AWS with the stack deployed."""

    def __init__(
        self,
        directory: Path,
        model: Path,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        provide_packages(directory / "build")
        arguments = ["--dir", str(directory), "--model", f"{MODEL_ID}={model}"]
        for name, value in (parameters or {}).items():
            arguments += ["--parameter", f"{name}={value}"]
        super().__init__(arguments, {"OMP_NUM_THREADS": "1"})
        bucket = re.search(r"s3://([a-z0-9.-]+)/datasets/", self.output)
        assert bucket, self.output
        self.bucket = bucket.group(1)

    def drop(
        self,
        dataset: str,
        body: bytes,
        recipe: str = "",
        *,
        name: str = "data.csv",
        model: str = MODEL_ID,
    ) -> None:
        """Upload a recipe and then a file."""
        recipe_key = f"datasets/{dataset}/recipe.yaml"
        text = f"base_model: {model}\n{recipe}"
        self.s3.put_object(Bucket=self.bucket, Key=recipe_key, Body=text.encode())
        self.s3.put_object(Bucket=self.bucket, Key=f"datasets/{dataset}/{name}", Body=body)

    def current_run(self, dataset: str) -> dict[str, Any] | None:
        """Read run.json of the current run, or None when there is none yet."""
        pointer = self.document(f"runs/{dataset}/current.json")
        return self.document(f"runs/{dataset}/{pointer['run']}/run.json") if pointer else None

    def document(self, key: str) -> dict[str, Any] | None:
        """Read a JSON object of the bucket, or None when there is none."""
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError:
            return None
        found: dict[str, Any] = json.loads(body)
        return found

    def ended(self, dataset: str) -> dict[str, Any]:
        """Wait until the current run has ended; return run.json."""

        def look() -> dict[str, Any] | None:
            run = self.current_run(dataset)
            return run if run and run["status"] in ("succeeded", "failed") else None

        return wait_for(look, lambda: f"{self.current_run(dataset)}\n{self.logs()}")

    def reached(self, dataset: str, stage: str) -> dict[str, Any]:
        """Wait until the current run is at a stage or has ended; return run.json."""

        def look() -> dict[str, Any] | None:
            run = self.current_run(dataset)
            return run if run and (run["stage"] == stage or run["status"] != "running") else None

        return wait_for(look, lambda: f"{self.current_run(dataset)}\n{self.logs()}")

    def emails(self, subject: str = "") -> list[Any]:
        """Return the reports and failures in the outbox whose subject holds this text."""
        paths = sorted((self.directory / "outbox").glob("*.eml"))
        mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
        return [mail for mail in mails if subject in str(mail["Subject"])]

    def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix."""
        answer = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in answer.get("Contents", [])]

    def logs(self) -> str:
        """Return the last lines that each function and job logged."""
        logs, lines = self.client("logs"), []
        for group in logs.describe_log_groups()["logGroups"]:
            events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"][-15:]
            lines += [f"{group['logGroupName']}: {event['message'].rstrip()}" for event in events]
        return "\n".join(lines)


def wait_for(
    look: Callable[[], Found | None],
    story: Callable[[], object],
    seconds: float = RUN_SECONDS,
) -> Found:
    """Return what `look` finds; fails with the text of `story` when it finds nothing in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"nothing after {seconds:g} s:\n{story()}")
