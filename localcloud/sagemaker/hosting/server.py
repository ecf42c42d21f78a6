"""The serving program: what it is started with, and whether it is healthy.

Source: the SageMaker developer guide, "Custom Inference Code with Hosting Services": `GET /ping`
must answer 200 within 2 seconds.
"""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.sagemaker.container import Container
    from localcloud.sagemaker.hosting.endpoint import Endpoint
    from localcloud.sagemaker.logs import LogStream
    from localcloud.sagemaker.processes import ContainerProcess
    from localcloud.sagemaker.runtime import Runtime

HOST = "127.0.0.1"
PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Server:
    """A serving program and the port it was given."""

    process: ContainerProcess
    port: int

    def is_healthy(self) -> bool:
        """Whether /ping answers 200 in time."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PING_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def start_server(
    endpoint: Endpoint,
    model: dict[str, Any],
    runtime: Runtime,
    container: Container,
    logs: LogStream,
) -> Server:
    """Start the program on a free port; ContractError when it cannot be started.

    A container listens on 8080 of its own network; here programs share one, so they are told
    where to listen: by the variables the vLLM image obeys, and by SageMaker's own.
    """
    port = _free_port()
    environment = container.environment(
        runtime.platform,
        own=model["PrimaryContainer"].get("Environment") or {},
        contract={
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "SM_VLLM_HOST": HOST,
            "SM_VLLM_PORT": str(port),
        },
    )
    logs.write(f"localcloud starts endpoint {endpoint.name} on {HOST}:{port}")
    process = runtime.start_process(
        container.image.serve, container, environment, on_line=logs.write
    )
    return Server(process, port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
