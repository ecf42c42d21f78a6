"""Runs in a function's process: imports the handler once, then answers invocations.

Started as `python -I -S -X utf8 bootstrap.py ANSWER_FD`, so that no site-packages and no PYTHON*
variable of the host is used. The first line on standard input names what to import, and each
further line is one invocation; answers go to ANSWER_FD, one JSON line each. What the function
prints goes to standard output; a marker line after it tells the reader that it is complete.
The shapes of the answers are those of the AWS runtime (awslambdaric 4).
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import traceback
from typing import Any, TextIO

MARKER = "\x00end"


class Context:
    """The second argument of a handler, with AWS's names."""

    identity = None
    client_context = None

    def __init__(self, arn: str, request_id: str, deadline: float) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = arn
        self.aws_request_id = request_id
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.time()) * 1000))


def failure(error: BaseException, request_id: str) -> dict[str, Any]:
    """Return the error document that AWS sends to a caller or a destination."""
    frames = traceback.format_tb(error.__traceback__)[1:]  # the first is this file's own
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": frames,
    }


def log_failure(error: dict[str, Any]) -> None:
    """Print an error as AWS shows it in CloudWatch Logs."""
    trace = "".join(error["stackTrace"])
    sys.stderr.write(f"[ERROR] {error['errorType']}: {error['errorMessage']}\n")
    if trace:
        sys.stderr.write(f"Traceback (most recent call last):\n{trace}")


def load_handler(start: dict[str, Any]) -> Any:
    """Import the handler with the package first on the path, then the layers."""
    sys.path[:0] = start["path"]
    module, _, name = start["handler"].rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), name)


def invoke(handler: Any, invocation: dict[str, Any]) -> dict[str, Any]:
    """Call the handler once and return the answer line."""
    request_id = invocation["request_id"]
    context = Context(invocation["arn"], request_id, invocation["deadline"])
    try:
        answer = {"result": handler(invocation["event"], context)}
        json.dumps(answer)
    except BaseException as error:  # noqa: BLE001  # SystemExit ends an invocation, too
        document = failure(error, request_id)
        log_failure(document)
        return {"error": document}
    return answer


def send(answers: TextIO, answer: dict[str, Any]) -> None:
    """Write one answer, after everything that was printed before it."""
    sys.stdout.flush()
    sys.stderr.write(f"{MARKER}\n")
    sys.stderr.flush()
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def main() -> None:
    """Serve invocations until standard input closes."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    sys.argv = [""]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    logging.basicConfig(format="[%(levelname)s] %(message)s")
    start = json.loads(requests.readline())
    try:
        handler = load_handler(start)
    except BaseException as error:  # noqa: BLE001  # whatever an import raises
        document = failure(error, "")
        log_failure(document)
        send(answers, {"error": document})
        return
    send(answers, {"ready": True})
    for line in requests:
        send(answers, invoke(handler, json.loads(line)))


if __name__ == "__main__":
    main()
