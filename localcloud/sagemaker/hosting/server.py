"""Starts the serving program, and checks its health.

Source: the SageMaker developer guide, "Custom Inference Code with Hosting Services": `GET /ping`
must answer 200 within 2 seconds.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.aws.server import free_port

if TYPE_CHECKING:
    from localcloud.sagemaker.container import Container
    from localcloud.sagemaker.hosting.endpoint import Endpoint
    from localcloud.sagemaker.logs import LogStream
    from localcloud.sagemaker.processes import ContainerProcess
    from localcloud.sagemaker.runtime import Runtime

HOST = "127.0.0.1"
PING_SECONDS = 2.0
"""A program that takes longer to answer /ping is not healthy."""


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
    """Start the program on a free port; raises ContractError when it cannot be started.

    A container listens on port 8080 of a network of its own. Here programs share the network, so
    each gets its port in the variables that the vLLM image reads, and in SageMaker's own.
    """
    port = free_port()
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
