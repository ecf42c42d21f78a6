"""A SageMaker runtime on this machine that gives the answers of a list, one for each request."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """One answer, which takes `seconds`.

    `breaks` breaks the connection off instead; `closes` closes it after the answer, without notice.
    """

    status: int = 200
    code: str = ""
    body: bytes = b""
    seconds: float = 0.0
    breaks: bool = False
    closes: bool = False
    chunked: bool = False


def said(text: str, finish_reason: str = "stop") -> Scripted:
    """Return a model's answer."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    return Scripted(body=json.dumps({"choices": [choice], "usage": usage}).encode())


def scored(*, within_choice: bool) -> Scripted:
    """Return an answer with the likelihoods of the prompt's tokens, in vLLM's form."""
    listed = [
        None,
        {"17": {"logprob": -0.5, "rank": 1, "decoded_token": "a"}},
        {"4": {"logprob": -9.0, "rank": 80}, "5": {"logprob": -0.1, "rank": 1}},
    ]
    found = {"prompt_logprobs": listed}
    choice = {"text": "x", **(found if within_choice else {})}
    body = {"choices": [choice], **({} if within_choice else found)}
    return Scripted(body=json.dumps(body).encode())


def failed(code: str, status: int, original: int | None = None, message: str = "why") -> Scripted:
    """Return an error of the runtime; `original` is the status of the container."""
    details: dict[str, Any] = {"Message": message}
    if original is not None:
        details |= {"OriginalStatusCode": original, "OriginalMessage": message}
    return Scripted(status=status, code=code, body=json.dumps(details).encode())


@dataclass
class RuntimeServer:
    """What the server was sent. The last scripted answer is repeated."""

    script: list[Scripted]
    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_answer(self, path: str, headers: dict[str, str], body: bytes) -> Scripted:
        """Note a request; return its answer."""
        with self.lock:
            self.requests.append((path, headers, body))
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def runtime_server(*script: Scripted) -> Iterator[RuntimeServer]:
    """Serve the answers until the end of the block."""
    state = RuntimeServer(list(script))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            with state.lock:
                state.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = state.next_answer(self.path, dict(self.headers.items()), body)
            time.sleep(answer.seconds)
            self.close_connection = answer.breaks or answer.closes
            if answer.breaks:
                return
            self.send_response(answer.status)
            if answer.code:
                self.send_header("x-amzn-errortype", answer.code)
            if answer.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                half = len(answer.body) // 2
                for piece in (answer.body[:half], answer.body[half:], b""):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            else:
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
