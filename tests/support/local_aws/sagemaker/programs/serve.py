"""A small serving program: it echoes requests, or fails as a request or a variable asks."""
# ruff: noqa: T201  # its output is the job's log

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(os.environ["SAGEMAKER_BASE_DIR"])
HEALTHY = os.environ.get("BEHAVIOUR") != "never healthy"


class Server(ThreadingHTTPServer):
    request_queue_size = 1024  # The default of 5 resets connections when many arrive at once.
    daemon_threads = True


class Meeting:
    """Lets requests wait for each other, as many as each of them names."""

    def __init__(self) -> None:
        self._arrived = 0
        self._changed = threading.Condition()

    def attend(self, expected: int) -> bool:
        """Wait for the others; returns whether all of them came."""
        with self._changed:
            self._arrived += 1
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._arrived >= expected, MEETING_SECONDS)


MEETING = Meeting()
MEETING_SECONDS = 50  # SageMaker waits a minute for an answer.


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200 if self.path == "/ping" and HEALTHY else 500, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body) if self.headers["Content-Type"] == "application/json" else {}
        if request.get("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(request.get("sleep", 0))
        answer: dict[str, object] = {
            "met": MEETING.attend(request["meet"]) if "meet" in request else None,
            "pid": os.getpid(),
            "path": self.path,
            "bytes": len(body),
            "attributes": self.headers.get("X-Amzn-SageMaker-Custom-Attributes"),
            "environment": dict(os.environ),
            "files": {
                str(path.relative_to(ROOT)): path.read_text()
                for path in sorted(ROOT.rglob("*"))
                if path.is_file()
            },
        }
        self._answer(request.get("status", 200), answer)

    def _answer(self, status: int, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Log no line for each request."""


if os.environ.get("BEHAVIOUR") == "exits":
    print("no such model", flush=True)
    sys.exit(1)
port = int(os.environ["SM_VLLM_PORT"])
server = Server((os.environ["SM_VLLM_HOST"], port), Handler)
print("serving", flush=True)
server.serve_forever()
