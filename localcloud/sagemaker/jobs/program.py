"""Starts a job's program in its environment, and sends its output to the log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud.sagemaker.logs import LogStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localcloud.sagemaker.container import Container
    from localcloud.sagemaker.jobs.job import Job
    from localcloud.sagemaker.processes import ContainerProcess
    from localcloud.sagemaker.runtime import Runtime

HOST = "algo-1"
"""SageMaker's host name of the only instance of a job."""


@contextmanager
def start_program(  # noqa: PLR0913, PLR0917  # what runs, where, and who reads its output
    job: Job,
    runtime: Runtime,
    container: Container,
    command: Sequence[str],
    contract: Mapping[str, str],
    on_line: Callable[[str], None] = lambda _line: None,
) -> Iterator[ContainerProcess]:
    """Start the program; it is killed, if it still runs, when the context ends.

    Args:
        job: gives the program's own variables and the name of the log stream.
        runtime: starts the program.
        container: where the program runs.
        command: the command line.
        contract: the variables that SageMaker sets for this kind of job.
        on_line: called with each line of the output.
    """
    described = job.describe()
    stream = f"{job.name}/{HOST}-{int(described['CreationTime'])}"
    environment = container.environment(
        runtime.platform, own=described.get("Environment") or {}, contract=contract
    )
    client = runtime.platform.client("logs", container.credentials)
    interval = runtime.settings.log_interval_seconds
    with LogStream(client, job.kind.log_group, stream, interval) as logs:

        def take_line(line: str) -> None:
            logs.write(line)
            on_line(line)

        process = runtime.start_process(command, container, environment, on_line=take_line)
        try:
            yield process
        finally:
            process.kill()
