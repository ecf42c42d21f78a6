"""An endpoint without the platform: the real serving program as a process, asked over HTTP."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psutil

PROGRAM = Path(__file__).parents[3] / "training_container" / "serve.py"
# Limits for what never happens, also on the slowest machine.
START_SECONDS = 600.0
ANSWER_SECONDS = 600.0
STOP_SECONDS = 300.0


class ServingProcess:
    """The running program; use it in a `with`."""

    def __init__(self, root: Path, settings: Mapping[str, str]) -> None:
        self.port = _free_port()
        self._log = root / "serving-log.txt"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "SAGEMAKER_BASE_DIR": str(root),
            "OMP_NUM_THREADS": "1",
            "SM_VLLM_HOST": "127.0.0.1",
            "SM_VLLM_PORT": str(self.port),
            **settings,
        }
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM], stdout=log, stderr=subprocess.STDOUT, env=environment
            )

    def __enter__(self) -> Self:
        """Wait for the first good health check."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.get("/ping")[0] == 200:
                    return self
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"the server did not start:\n{self.text}")
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        """Stop it as the platform does."""
        self.process.terminate()
        self.process.wait(STOP_SECONDS)

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON body."""
        return self._request("GET", path, None)

    def post(self, content: Any, path: str = "/invocations") -> tuple[int, Any]:
        """Status and JSON body of the answer; `content` is sent as JSON, bytes as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self._request("POST", path, body)

    def ask(self, model: str, text: str, **settings: Any) -> str:
        """The greedy answer to one user message."""
        messages = [{"role": "user", "content": text}]
        request = {"model": model, "messages": messages, "max_tokens": 16, "temperature": 0}
        status, answer = self.post({**request, **settings})
        assert status == 200, answer
        return str(answer["choices"][0]["message"]["content"])

    @property
    def compute_seconds(self) -> float:
        """Processor time that it has used."""
        return float(psutil.Process(self.process.pid).cpu_times().user)

    @property
    def text(self) -> str:
        """The whole log."""
        return self._log.read_text(encoding="utf-8")

    @property
    def batches(self) -> list[dict[str, Any]]:
        """What the log says of each batch."""
        lines = [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == "batch"]

    def _request(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
