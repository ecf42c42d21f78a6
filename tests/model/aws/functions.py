"""Lambda's asynchronous invocations with retries and dead letters, SQS, and EventBridge's rules."""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

from tests.model.aws.sagemaker import ENDPOINT, PROCESSING_JOB, TRAINING_JOB
from tests.model.simulation import Ending, Simulation

# Time limits of the functions in seconds, as in template.yaml (a test compares them).
TIME_LIMITS = {
    "prepare": 900.0,
    "train": 120.0,
    "deploy": 120.0,
    "evaluate": 900.0,
    "report_failure": 120.0,
    "sweep": 300.0,
}
# Lambda tries an asynchronous invocation again after one minute, and then after two.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
RETRY_SECONDS = (60.0, 120.0)
VISIBILITY_SECONDS = 720.0  # VisibilityTimeout of the queue of dead letters.
MAX_RECEIVES = 3
SWEEP_SECONDS = 900.0
MEMORY_MB = 1_024


def target_of_object(key: str) -> str | None:
    """Return the function that the rules of template.yaml call for a new object."""
    if key.startswith("datasets/") or "/" not in key:
        return "prepare"
    if fnmatchcase(key, "runs/*/dataset/dataset.json"):
        return "train"
    if fnmatchcase(key, "runs/*/answers/*/continue.json"):
        return "evaluate"
    told = ("runs/*/failure/*.json", "runs/*/notice/*.json")
    return "report_failure" if any(fnmatchcase(key, pattern) for pattern in told) else None


def target_of_state(kind: str, status: str) -> str | None:
    """Return the function that the rules of template.yaml call for a change in SageMaker."""
    targets = {
        (TRAINING_JOB, "Completed"): "deploy",
        (TRAINING_JOB, "Failed"): "report_failure",
        (TRAINING_JOB, "Stopped"): "report_failure",
        (PROCESSING_JOB, "Failed"): "report_failure",
        (PROCESSING_JOB, "Stopped"): "report_failure",
        (ENDPOINT, "IN_SERVICE"): "evaluate",
        (ENDPOINT, "FAILED"): "report_failure",
    }
    return targets.get((kind, status))


@dataclass
class Functions:
    """The deployed functions.

    `alarms` are the dead letters that could not be reported; each raises the stack's alarm.
    `errors` counts the failed tries of each function.
    """

    simulation: Simulation
    alarms: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    _doomed: set[str] = field(default_factory=set)
    _requests: int = 0

    def invoke_later(
        self,
        function: str,
        event: dict[str, Any],
        seconds: float,
        *,
        request_id: str | None = None,
        dies: bool = False,
    ) -> str:
        """Invoke a function asynchronously; returns the request id. With `dies`, all tries fail."""
        if request_id is None:
            self._requests += 1
            request_id = f"request-{self._requests}"
        if dies:
            self._doomed.add(request_id)
        due = self.simulation.now + seconds
        self.simulation.at(due, lambda: self._try(function, event, request_id, 0))
        return request_id

    def _try(self, function: str, event: dict[str, Any], request_id: str, failed: int) -> None:
        def ended(ending: Ending, result: Any) -> None:
            if ending == "returned":
                return
            if request_id not in self._doomed:
                self.errors[function] = self.errors.get(function, 0) + 1
            if function == "sweep":  # It comes back every 15 minutes anyway.
                return
            if failed < len(RETRY_SECONDS):
                due = self.simulation.now + RETRY_SECONDS[failed]
                again = lambda: self._try(function, event, request_id, failed + 1)  # noqa: E731
                self.simulation.at(due, again)
            else:
                self._send_dead_letter(function, event, request_id, repr(result))

        self._start(function, event, request_id, ended)

    def _start(
        self,
        function: str,
        event: dict[str, Any],
        request_id: str,
        ended: Callable[[Ending, Any], None],
    ) -> None:
        limit = TIME_LIMITS[function]
        end = self.simulation.now + limit
        context = SimpleNamespace(
            aws_request_id=request_id,
            get_remaining_time_in_millis=lambda: int((end - self.simulation.now) * 1000),
            function_name=function,
            memory_limit_in_mb=MEMORY_MB,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:111122223333:function:{function}",
        )
        handler = importlib.import_module(f"{function}.app").lambda_handler

        def work() -> Any:
            if request_id in self._doomed:
                raise RuntimeError("the function ran out of memory")
            return handler(event, context)

        self.simulation.start(function, work, limit, ended)

    def _send_dead_letter(
        self, function: str, event: dict[str, Any], request_id: str, reason: str
    ) -> None:
        letter = {
            "version": "1.0",
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"arn:aws:lambda:us-east-1:111122223333:function:{function}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": len(RETRY_SECONDS) + 1,
            },
            "requestPayload": event,
            "responsePayload": {"errorMessage": reason, "errorType": "Error"},
        }
        self.simulation.at(self.simulation.now + 1, lambda: self._receive(letter, 1))

    def _receive(self, letter: dict[str, Any], receives: int) -> None:
        """Give a dead letter to report_failure; after the last receive it raises the alarm."""

        def ended(ending: Ending, _result: Any) -> None:
            if ending == "returned":
                return
            if receives >= MAX_RECEIVES:
                self.alarms.append(letter)
                return
            due = self.simulation.now + VISIBILITY_SECONDS
            self.simulation.at(due, lambda: self._receive(letter, receives + 1))

        self._requests += 1
        event = {"Records": [{"body": json.dumps(letter)}]}
        self._start("report_failure", event, f"request-{self._requests}", ended)
