"""Asynchronous invocations as Lambda does them: retries, then the destination or dead-letter queue.

ministack's EventBridge invokes a function once and never again, and its record of a failure has a
fixed number of attempts. Retries follow after seconds here and after one and two minutes on AWS,
see `EmulatorSettings.retry_delays_seconds`. All attempts of one event have one request id, which
ministack would make anew for each: a function knows its own earlier attempt by it.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
import time
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ministack.services import eventbridge, lambda_svc

from localcloud.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
DEFAULT_RETRIES = 2
"""Lambda's default of MaximumRetryAttempts."""

log = logging.getLogger("localcloud.async")
_event_request_id: ContextVar[str | None] = ContextVar("event_request_id", default=None)


class AsyncInvoker:
    """Invokes a function for an event until an attempt succeeds or no attempt is left.

    Args:
        delays_seconds: seconds before each retry; the last number holds for all further retries.
        deliver: sends a text to an SQS queue or SNS topic as the function's role:
            `deliver(role_arn, target_arn, body, attributes)`.
    """

    def __init__(
        self,
        delays_seconds: tuple[float, ...],
        deliver: Callable[[str, str, str, dict[str, str]], None],
    ) -> None:
        self._delays = delays_seconds
        self._deliver = deliver
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._pending = 0
        self._last_active = time.monotonic()

    def install(self) -> None:
        """Replace ministack's asynchronous invocations, those of EventBridge included."""
        lambda_svc.invoke_async_with_retry = self.start
        eventbridge._dispatch_to_lambda = self.dispatch  # noqa: SLF001
        execute = lambda_svc._execute_function_dispatch  # noqa: SLF001

        def execute_with_id(
            function: Record, config: Record, event: Any, request_id: str, started: float
        ) -> Record:
            identity = _event_request_id.get() or request_id
            answer: Record = execute(function, config, event, identity, started)
            return answer

        lambda_svc._execute_function_dispatch = execute_with_id  # noqa: SLF001

    def stop(self) -> None:
        """Start no further attempt."""
        self._stopping.set()

    def dispatch(self, function_arn: str, payload: str) -> None:
        """Take an event from EventBridge or a schedule."""
        function, config, name = lambda_svc._get_func_record_for_ref(function_arn)  # noqa: SLF001
        if not function or not config:
            log.error("an event's target does not exist: function %s", name)
            return
        self.start(
            lambda_svc._execution_record_for_config(function, config),  # noqa: SLF001
            json.loads(payload),
        )

    def start(self, function: Record, event: Any) -> None:
        """Invoke the function in the background; the sender gets no result, as on AWS."""
        with self._lock:
            self._pending += 1
        threading.Thread(target=self._run_counted, args=(function, event), daemon=True).start()

    def idle_seconds(self) -> float:
        """Seconds since the last event was processed; 0 while one is, or waits for a retry."""
        with self._lock:
            return 0.0 if self._pending else time.monotonic() - self._last_active

    def _run_counted(self, function: Record, event: Any) -> None:
        try:
            self._run(function, event)
        finally:
            with self._lock:
                self._pending -= 1
                self._last_active = time.monotonic()

    def _run(self, function: Record, event: Any) -> None:
        config = function.get("config") or function
        settings = _invoke_config(function)
        retries = settings.get("MaximumRetryAttempts", DEFAULT_RETRIES)
        result: Record = {}
        attempts = 0
        _event_request_id.set(str(uuid.uuid4()))  # This thread is of this event alone.
        while attempts <= retries and not self._stopping.is_set():
            if attempts:
                self._stopping.wait(self._delays[min(attempts, len(self._delays)) - 1])
            result = self._attempt(function, config, event)
            if result.get("throttle"):
                self._stopping.wait(1)  # a throttled attempt does not count, as on AWS
                continue
            attempts += 1
            if not result.get("error"):
                return
        if not self._stopping.is_set():
            self._give_up(config, settings, event, result["body"], attempts)

    @staticmethod
    def _attempt(function: Record, config: Record, event: Any) -> Record:
        started = time.monotonic()
        try:
            result: Record = lambda_svc._execute_function(function, event)  # noqa: SLF001
        except Exception as error:
            log.exception("%s could not be run", config["FunctionName"])
            result = {
                "error": True,
                "body": {"errorType": type(error).__name__, "errorMessage": str(error)},
            }
        lambda_svc._emit_lambda_metrics(  # noqa: SLF001
            config["FunctionName"],
            duration_ms=(time.monotonic() - started) * 1000,
            error=bool(result.get("error")),
            throttle=bool(result.get("throttle")),
        )
        return result

    def _give_up(
        self, config: Record, settings: Record, event: Any, error: Record, attempts: int
    ) -> None:
        """Deliver the event to the OnFailure destination and the dead-letter queue, if any."""
        on_failure = (settings.get("DestinationConfig") or {}).get("OnFailure") or {}
        request_id = error.get("requestId") or str(uuid.uuid4())
        if target := on_failure.get("Destination"):
            record = _failure_record(config, event, error, attempts, request_id)
            self._send(config, target, json.dumps(record), {})
        if target := (config.get("DeadLetterConfig") or {}).get("TargetArn"):
            attributes = {
                "RequestID": request_id,
                "ErrorCode": "200",
                "ErrorMessage": str(error.get("errorMessage", ""))[:1024],
            }
            self._send(config, target, json.dumps(event), attributes)

    def _send(self, config: Record, target: str, body: str, attributes: dict[str, str]) -> None:
        try:
            self._deliver(config["Role"], target, body, attributes)
        except ServiceError as error:
            log.error(  # noqa: TRY400  # the message says all
                "%s: cannot deliver the event to %s: %s",
                config["FunctionName"],
                target,
                error.message,
            )
        except Exception:
            log.exception("%s: cannot deliver the event to %s", config["FunctionName"], target)


def _invoke_config(function: Record) -> Record:
    """The EventInvokeConfig of $LATEST, which CloudFormation and the API store in two places."""
    configs = function.get("event_invoke_configs") or {}
    settings: Record = function.get("event_invoke_config") or configs.get("$LATEST") or {}
    return settings


def _failure_record(
    config: Record, event: Any, error: Record, attempts: int, request_id: str
) -> Record:
    """The invocation record (docs.aws.amazon.com/lambda: invocation-async-retain-records)."""
    return {
        "version": "1.0",
        "timestamp": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{config['FunctionArn']}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": error,
    }
