"""The call of the custom resource's function, which answers not its caller but a URL."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from tests.sam_local.forwarding import forwarded
from tests.sam_local.invoker import Invoker
from tests.support.local_aws.cloud import Cloud
from tests.support.local_aws.packages import ROOT


def call_clean_up(cloud: Cloud, invoker: Invoker, environment: dict[str, str]) -> None:
    """Ask for the removal of a stack that stays; raises AssertionError unless it is answered so."""
    stack = cloud.client("cloudformation").describe_stacks(StackName="tunedrop")["Stacks"][0]
    event = json.loads((ROOT / "events" / "custom_resource_delete.json").read_text())
    event["StackId"] = stack["StackId"]
    with (
        _listening() as (port, answers),
        forwarded(f"http://127.0.0.1:{port}", environment) as address,
    ):
        event["ResponseURL"] = f"http://{address}/answer"
        invoker.call("CleanUpFunction", json.dumps(event))
    found = [(answer["Status"], answer["Reason"], answer["RequestId"]) for answer in answers]
    expected = ("SUCCESS", "nothing to do: the stack itself stays", event["RequestId"])
    assert found == [expected], f"expected {expected}, got {found}"
    print(f"CleanUpFunction custom_resource_delete: {found[0][1]}", flush=True)


@contextmanager
def _listening() -> Iterator[tuple[int, list[Any]]]:
    """Take the answers to CloudFormation on a free port of 127.0.0.1."""
    answers: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:  # The name is http.server's.
            answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, answers
        finally:
            server.shutdown()
            thread.join()
