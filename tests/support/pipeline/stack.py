"""The seven handlers on moto's S3 and SNS, each called with the events of events/."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from tests.support.pipeline.fakes import FakeInference, FakeSageMaker, FakeStackResources
from tunedrop.documents.run import Run

EVENTS = Path(__file__).parents[3] / "events"
BUCKET = "tunedrop-databucket-1a2b3c4d5e6f"  # as in events/


class Stack:
    """The stack as a user meets it: a bucket, emails, and functions that events call."""

    def __init__(self, s3: Any, sns_messages: Callable[[], list[Any]]) -> None:
        self.s3 = s3
        self.sagemaker = FakeSageMaker()
        self.resources = FakeStackResources()
        self.inference = FakeInference()
        self.seconds_left = 900.0  # Of each invocation.
        self.quotas: dict[str, float] = {}  # By name; others are not known.
        self.sent: list[tuple[str, Any]] = []
        self._sns_messages = sns_messages

    def drop(self, key: str, body: bytes, **arguments: Any) -> None:
        """Upload a file."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, **arguments)

    def call(self, function: str, event: dict[str, Any], request_id: str = "request-1") -> Any:
        """Invoke a function's handler."""
        context = SimpleNamespace(
            aws_request_id=request_id,
            get_remaining_time_in_millis=lambda: round(self.seconds_left * 1000),
            function_name=function,
            log_stream_name="stream",
            memory_limit_in_mb=1024,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:111122223333:function:{function}",
        )
        return importlib.import_module(f"{function}.app").lambda_handler(event, context)

    def prepare(self, key: str, request_id: str = "request-1") -> Any:
        """Call prepare as S3 does for this key."""
        return self.call("prepare", self.event("s3_dataset_dropped", key=key), request_id)

    def event(self, name: str, **replaced: str) -> dict[str, Any]:
        """Read an event of events/, about another key, job or endpoint."""
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
        detail = event["detail"]
        if "key" in replaced:
            detail["object"]["key"] = replaced["key"]
        if "job" in replaced:
            detail["TrainingJobName"] = replaced["job"]
        if "tuning_job" in replaced:
            detail["HyperParameterTuningJobName"] = replaced["tuning_job"]
        if "processing_job" in replaced:
            detail["ProcessingJobName"] = replaced["processing_job"]
        if "endpoint" in replaced:
            detail["EndpointName"] = replaced["endpoint"]
        return event

    def run(self, folder: str) -> Run:
        """Read run.json."""
        return msgspec.json.decode(self.read(f"{folder}/run.json"), type=Run)

    def read(self, key: str) -> bytes:
        """Read an object."""
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix."""
        answer = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in answer.get("Contents", [])]

    @property
    def emails(self) -> list[tuple[str, str]]:
        """What was published: (subject, body)."""
        return [(message[2], message[1]) for message in self._sns_messages()]
