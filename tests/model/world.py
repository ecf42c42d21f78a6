"""AWS in memory around the product's real adapters and handlers, with faults where wanted."""

import importlib
import io
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from tests.model.aws import functions as lambdas
from tests.model.aws.client import Client
from tests.model.aws.functions import Functions
from tests.model.aws.resources import Resource
from tests.model.aws.s3 import S3, Version
from tests.model.aws.sagemaker import Platform, SageMaker
from tests.model.faults import (
    ECHO_SECONDS,
    LATE_SECONDS,
    OUTAGE_SECONDS,
    STALL_SECONDS,
    Pace,
    Schedule,
    error_of,
)
from tests.model.hub import fetch_model
from tests.model.simulation import Invocation, KilledError, ModelError, Simulation
from tests.support.builders.references import likelihoods_of, reference_for
from tunedrop.documents import keys
from tunedrop.documents.rows import Row

BUCKET = "data"
TWIN_SECONDS = 0.12  # The second of two events comes so much later, while the first is handled.
QUOTAS = ("ml.g6.2xlarge for spot training job usage", "ml.g6.xlarge for endpoint usage")
JOB_SECONDS = 12 * 3_600.0
# How long a call takes whose fault is a delay before the effect.
PAUSES_BEFORE = {
    "race": STALL_SECONDS,
    "stall": STALL_SECONDS,
    "timeout": STALL_SECONDS,
    "hang": JOB_SECONDS,
}


class World:
    """One stack in one account, from the first drop until everything has ended."""

    def __init__(self, schedule: Schedule, quota: int | None = None) -> None:
        self.schedule = schedule
        self.pace = Pace(schedule.seed)
        self.simulation = Simulation()
        self.functions = Functions(self.simulation)
        self.s3 = S3(lambda: self.simulation.now, self._object_created)
        self.sagemaker = SageMaker(
            Platform(
                clock=lambda: self.simulation.now,
                later=self._later,
                write_artifact=self._write_artifact,
                emit=self._state_changed,
                run_program=self._run_program,
                kill_program=self._kill_program,
            ),
            quota,
        )
        self.drops: list[tuple[str, Version]] = []
        self.emails: list[tuple[str, str]] = []
        self.calls: list[tuple[str, str, str]] = []  # (who, operation, object) of each call
        self.events: list[str] = []
        # By endpoint: the invocations that asked it, as they took turns.
        self.askers: dict[str, list[int]] = {}
        self.retentions: dict[str, int] = {}  # Days, by the name of a log group.
        self.hit: list[tuple[str, str, str]] = []  # (kind, who, what): faults that happened
        self.user_actions: list[Callable[[], None]] = []
        self._programs: dict[str, Invocation] = {}
        self._outages: dict[str, float] = {}

    # What users do

    def drop(
        self,
        key: str,
        body: bytes,
        metadata: Mapping[str, str] | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Upload a file; with `seconds`, in parts, and now it ends."""
        self.drops.append((key, self.s3.put(key, body, metadata, seconds)))

    def run(self, until: float, stop: Callable[[], bool]) -> None:
        """Run the schedule; `stop` is asked after each sweep."""
        self.simulation.at(self.simulation.now + 300.0, self._sweep, routine=True)
        self.simulation.run(self.simulation.now + until, stop)

    def do_next(self) -> None:
        """Do the user's next action, if there is one."""
        if self.user_actions:
            self.user_actions.pop(0)()

    # What the adapters call

    def client(self, service: str) -> Any:
        """Return a client as boto3 would."""
        return Client(service, self.call)

    def call(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Do one call of the running invocation, with the fault that the schedule has for it."""
        invocation = self.simulation.current
        if invocation is None:
            raise ModelError(f"{operation} was called outside an invocation")
        if invocation.killed:
            raise KilledError
        number = len(self.calls)
        what = str(arguments.get("Key") or arguments.get("key") or arguments.get("Prefix") or "")
        self.calls.append((invocation.name, operation, what))
        fault = self.schedule.calls.get(number)
        invocation.pause(self.pace.call())
        effect = self._effect(service, operation, arguments)
        if fault is None:
            fault = "outage" if self._outages.get(service, 0) > self.simulation.now else None
        if fault is None:
            return effect()
        self.hit.append((fault, invocation.name, f"{operation} {what}".strip()))
        return self._with_fault(fault, invocation, effect, service, operation)

    def _with_fault(
        self,
        fault: str,
        invocation: Invocation,
        effect: Callable[[], Any],
        service: str,
        operation: str,
    ) -> Any:
        self._before(fault, invocation, service, operation)
        answer = effect()
        if fault == "retried":
            invocation.pause(self.pace.call())
            answer = effect()
        self._after(fault, invocation, service, operation)
        return answer

    def _before(self, fault: str, invocation: Invocation, service: str, operation: str) -> None:
        """What a fault does before the effect."""
        if fault == "outage":
            self._outages.setdefault(service, self.simulation.now + OUTAGE_SECONDS)
        if fault == "race":
            self.do_next()
        if fault == "kill":
            self._kill(invocation)
        if fault in PAUSES_BEFORE:
            invocation.pause(PAUSES_BEFORE[fault])
        is_refused = fault in ("error", "timeout", "throttle", "outage")
        if is_refused or (fault == "conflict" and operation == "put_object"):
            raise error_of(fault, service, operation)

    def _after(self, fault: str, invocation: Invocation, service: str, operation: str) -> None:
        """What a fault does after the effect."""
        if fault == "kill after":
            self._kill(invocation)
        if fault in ("error after", "lost"):
            raise error_of(fault, service, operation)
        if fault == "race after":
            self.do_next()
        if fault in ("race after", "stall after"):
            invocation.pause(STALL_SECONDS)

    def _kill(self, invocation: Invocation) -> None:
        invocation.killed = True
        raise KilledError

    def _effect(
        self, service: str, operation: str, arguments: Mapping[str, Any]
    ) -> Callable[[], Any]:
        targets: dict[str, Any] = {"s3": self.s3, "sagemaker": self.sagemaker}
        target = targets.get(service, self)
        method = getattr(target, operation, None)
        if method is None:
            raise ModelError(f"the model has no {service} {operation}")

        def effect() -> Any:
            try:
                return method(**arguments)
            except (ClientError, ModelError):
                raise
            except Exception as error:
                raise ModelError(f"{service} {operation}: {error!r}") from error

        return effect

    # SNS, Lambda and the endpoints' answers

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> Any:  # noqa: N803, ARG002
        self.emails.append((Subject, Message))
        return {"MessageId": f"message-{len(self.emails)}"}

    def list_subscriptions_by_topic(self, *, TopicArn: str) -> Any:  # noqa: N803, ARG002
        return {"Subscriptions": []}

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> Any:  # noqa: N803, ARG002
        self.functions.invoke_later(FunctionName, json.loads(Payload), self.pace.event())
        return {}

    def invoke_endpoint(self, *, EndpointName: str, ContentType: str, Body: bytes) -> Any:  # noqa: N803, ARG002
        self.sagemaker.invoke_endpoint(EndpointName=EndpointName)
        askers = self.askers.setdefault(EndpointName, [])
        if self.simulation.current and id(self.simulation.current) not in askers[-1:]:
            askers.append(id(self.simulation.current))
        choice = {"message": {"content": "positive"}, "finish_reason": "stop"}
        answer: dict[str, Any] = {"choices": [choice]}
        payload = json.loads(Body)
        if "prompt_logprobs" in payload:
            scored = likelihoods_of(payload)
            answer["prompt_logprobs"] = [{each.token: {"logprob": each.logprob}} for each in scored]
        return {"Body": io.BytesIO(json.dumps(answer).encode())}

    # CloudWatch Logs: the group of all training jobs, and one of each endpoint

    def describe_log_groups(self, *, logGroupNamePrefix: str) -> Any:  # noqa: N803
        endpoints = (f"Endpoints/{name}" for name in self.sagemaker.endpoints)
        names = [f"{logGroupNamePrefix}{name}" for name in ("TrainingJobs", *endpoints)]
        return {
            "logGroups": [
                {"logGroupName": name, "creationTime": 0, "storedBytes": 0}
                | ({"retentionInDays": self.retentions[name]} if name in self.retentions else {})
                for name in names
            ]
        }

    def delete_log_group(self, *, logGroupName: str) -> Any:  # noqa: N803
        self.retentions.pop(logGroupName)
        return {}

    def put_retention_policy(self, *, logGroupName: str, retentionInDays: int) -> Any:  # noqa: N803
        self.retentions[logGroupName] = retentionInDays
        return {}

    # Service Quotas

    def list_service_quotas(self, *, ServiceCode: str) -> Any:  # noqa: N803, ARG002
        return {"Quotas": [{"QuotaName": name, "Value": 2.0} for name in QUOTAS]}

    # Events

    def _object_created(self, key: str, version: Version) -> None:
        function = lambdas.target_of_object(key)
        named = {"key": key, "version-id": version.id, "etag": version.etag.strip('"')}
        event = {
            "detail-type": "Object Created",
            "time": datetime.fromtimestamp(int(version.ended), UTC).isoformat(),
            "detail": {
                "bucket": {"name": BUCKET},
                "object": named,
                "reason": "CompleteMultipartUpload" if version.is_in_parts else "PutObject",
            },
        }
        if function:
            self._deliver(function, event)

    def _state_changed(self, kind: str, name: str, status: str) -> None:
        resource = kind.removeprefix("SageMaker ").removesuffix(" State Change").replace(" ", "")
        detail = {f"{resource}Name": name, f"{resource}Status": status}
        for function in lambdas.targets_of_state(kind, name, status):
            self._deliver(function, {"detail-type": kind, "detail": detail})

    def _deliver(self, function: str, event: dict[str, Any]) -> None:
        number = len(self.events)
        self.events.append(function)
        fault = self.schedule.events.get(number)
        if fault:
            self.hit.append((fault, "event", function))
        if fault == "lost":
            return
        seconds = self.pace.event() + (LATE_SECONDS if fault == "late" else 0.0)
        request = self.functions.invoke_later(function, event, seconds)
        if fault in ("twice", "same id twice"):
            same = request if fault == "same id twice" else None
            self.functions.invoke_later(function, event, seconds + TWIN_SECONDS, request_id=same)
        if fault == "twin dies":
            self.functions.invoke_later(function, event, seconds + TWIN_SECONDS, dies=True)
        if fault == "echo":
            self.functions.invoke_later(function, event, ECHO_SECONDS)

    def _sweep(self) -> None:
        self.functions.invoke_later("sweep", {"source": "aws.events"}, 0.0)
        due = self.simulation.now + lambdas.SWEEP_SECONDS
        self.simulation.at(due, self._sweep, routine=True)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self.simulation.at(self.simulation.now + seconds * self.pace.shift(), action)

    # What the programs of jobs do

    def _write_artifact(self, request: dict[str, Any], artifact: str) -> None:
        """Write what a training job leaves for the evaluation."""
        channels = {each["ChannelName"]: each for each in request["InputDataConfig"]}
        uri = channels["validation"]["DataSource"]["S3DataSource"]["S3Uri"]
        rows = self.s3.current(uri.removeprefix(f"s3://{BUCKET}/"))
        assert rows
        found = [msgspec.json.decode(line, type=Row) for line in (rows.body or b"").splitlines()]
        body = msgspec.json.encode(reference_for(found[:2]))
        key = artifact.removeprefix(f"s3://{BUCKET}/") + keys.REFERENCE
        self.s3.put(key, body)
        self.s3.put(f"{key.rpartition('/')[0]}/adapter_model.safetensors", b"weights")

    def _run_program(self, job: Resource, ended: Callable[[int | None, str | None], None]) -> None:
        def prepare() -> tuple[int, str | None]:
            os.environ["PROCESSING_JOB"] = job.name
            return importlib.import_module("prepare.job").main(), None

        def fetch() -> tuple[int, str | None]:
            return fetch_model(job.request["Environment"])

        (entrypoint,) = job.request["AppSpecification"]["ContainerEntrypoint"]
        self._programs[job.name] = self.simulation.start(
            "job",
            {"prepare": prepare, "fetch": fetch}[entrypoint],
            job.request["StoppingCondition"]["MaxRuntimeInSeconds"],
            lambda ending, result: ended(*(result if ending == "returned" else (None, None))),
        )

    def _kill_program(self, name: str) -> None:
        if name in self._programs:
            self._programs[name].killed = True
