"""A small server that answers like the Hugging Face hub, for the hub's real client."""

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = ".safetensors"  # Files that are stored apart, as the hub does with large ones.
SLOW_SECONDS = 2.0
Fault = Literal["error", "slow", "hang", "cut", "damaged", "not JSON"]


@dataclass
class Repository:
    """A model of the hub.

    Attributes:
        folder: its files.
        commit: the state of the branch `main`.
        token: only a request with this token may read the files (gated) or see the model (private).
        access: who may read it.
    """

    folder: Path
    commit: str = COMMIT
    token: str = ""
    access: Literal["all", "gated", "private"] = "all"

    @property
    def files(self) -> dict[str, bytes]:
        """The content of all files by name."""
        paths = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}


@dataclass
class Hub:
    """The server; use it in a `with`.

    Attributes:
        models: the repositories by id.
        faults: what goes wrong, by a part of the path; each fault happens once.
        requests: method, path and Authorization of each request.
        withdrawn: a token that the hub does not know any more.
        endpoint: the hub's address.
        storage: the address of large files, which is another host, as for the hub.
    """

    models: dict[str, Repository] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    withdrawn: str = ""
    endpoint: str = ""
    storage: str = ""

    def __enter__(self) -> Self:
        handler = type("HubHandler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self.storage = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, part: str) -> list[str]:
        """Return the paths of the GET requests that have this part."""
        return [path for method, path, _ in self.requests if method == "GET" and part in path]

    def fault(self, path: str) -> Fault | None:
        """Return the next fault of a path, and forget it."""
        for at, (part, fault) in enumerate(self.faults):
            if part in path:
                del self.faults[at]
                return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Write nothing to the console."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        authorization = self.headers.get("Authorization", "")
        self.hub.requests.append((self.command, path, authorization))
        fault = self.hub.fault(path) if with_body else None
        time.sleep({"slow": SLOW_SECONDS, "hang": 4 * SLOW_SECONDS}.get(fault or "", 0.0))
        if fault == "error":
            self._send(500, b"out of order")
        elif fault == "not JSON":
            self._send(200, b"<html>a proxy's page</html>")
        elif self.hub.withdrawn and authorization == f"Bearer {self.hub.withdrawn}":
            told = {"X-Error-Message": "Invalid credentials in Authorization header"}
            self._send(401, b"", told)
        elif found := re.fullmatch(r"/api/models/(.+)/revision/([^/]+)", path):
            self._describe(*found.groups())
        elif found := re.fullmatch(r"/(.+)/resolve/([^/]+)/(.+)", path):
            self._file(*found.groups(), with_body=with_body, fault=fault)
        elif found := re.fullmatch(r"/cdn/(.+)@(.+)", path):
            self._send_file(self.hub.models[found[1]].files[found[2]], fault, with_body)
        else:
            self._send(404, b"")

    def _model(self, name: str, revision: str, *, files: bool) -> Repository | None:
        """Return the model, or answer why it cannot be had."""
        model = self.hub.models.get(name)
        may = model is not None and self.headers.get("Authorization") == f"Bearer {model.token}"
        if model is None or (model.access == "private" and not may):
            self._send(401, b"", {"X-Error-Code": "RepoNotFound"})
        elif revision not in ("main", model.commit):
            self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
        elif files and model.access == "gated" and not may:
            status = 403 if self.headers.get("Authorization") else 401
            self._send(status, b"", {"X-Error-Code": "GatedRepo"})
        else:
            return model
        return None

    def _describe(self, name: str, revision: str) -> None:
        model = self._model(name, revision, files=False)
        if model is None:
            return
        siblings = [_sibling(file, body) for file, body in model.files.items()]
        about = {"id": name, "sha": model.commit, "siblings": siblings, "private": False}
        self._send(200, json.dumps(about).encode(), {"Content-Type": "application/json"})

    def _file(
        self, name: str, revision: str, file: str, *, with_body: bool, fault: Fault | None
    ) -> None:
        model = self._model(name, revision, files=True)
        if model is None:
            return
        body = model.files.get(file)
        if body is None:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        headers = {"X-Repo-Commit": model.commit, "ETag": f'"{_blob(body)}"'}
        if file.endswith(LARGE):
            headers["X-Linked-Etag"] = f'"{hashlib.sha256(body).hexdigest()}"'
            headers["X-Linked-Size"] = str(len(body))
            headers["Location"] = f"{self.hub.storage}/cdn/{name}@{file}"
            self._send(302, b"", headers)
        else:
            self._send_file(body, fault, with_body, headers)

    def _send_file(
        self,
        body: bytes,
        fault: Fault | None,
        with_body: bool,  # noqa: FBT001
        headers: dict[str, str] | None = None,
    ) -> None:
        start, status, headers = 0, 200, dict(headers or {})
        if found := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start, status = int(found[1]), 206
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if fault == "damaged":
            body = bytes(255 - byte for byte in body)
        cut = len(body) // 2 if fault == "cut" else len(body)
        self._send(status, body[start:], headers, sent=cut - start, with_body=with_body)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        sent: int | None = None,
        with_body: bool = True,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body and self.command != "HEAD":
            self.wfile.write(body[:sent])
        if sent is not None and sent < len(body):
            self.close_connection = True


def _sibling(name: str, body: bytes) -> dict[str, Any]:
    about: dict[str, Any] = {"rfilename": name, "size": len(body), "blobId": _blob(body)}
    if name.endswith(LARGE):
        digest = hashlib.sha256(body).hexdigest()
        about["lfs"] = {"sha256": digest, "size": len(body), "pointerSize": 134}
    return about


def _blob(body: bytes) -> str:
    """Return git's id of a file."""
    header = f"blob {len(body)}\0".encode()
    return hashlib.sha1(header + body, usedforsecurity=False).hexdigest()
