"""The program of a job: started in its environment, its output going to the log."""

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


@contextmanager
def start_program(  # noqa: PLR0913, PLR0917  # what it runs, where, and who listens
    job: Job,
    runtime: Runtime,
    container: Container,
    command: Sequence[str],
    contract: Mapping[str, str],
    listen: Callable[[str], None] = lambda _line: None,
) -> Iterator[ContainerProcess]:
    """Start the program; it is dead when this is left.

    Args:
        job: whose Environment and log stream it gets.
        runtime: starts it.
        container: where it runs.
        command: its command line.
        contract: the variables that SageMaker sets for this kind of job.
        listen: hears each line of its output.
    """
    described = job.describe()
    stream = f"{job.name}/{HOST}-{int(described['CreationTime'])}"
    environment = container.environment(
        runtime.platform, own=described.get("Environment") or {}, contract=contract
    )
    client = runtime.platform.client("logs", container.credentials)
    interval = runtime.settings.log_interval_seconds
    with LogStream(client, job.kind.log_group, stream, interval) as logs:

        def hear(line: str) -> None:
            logs.write(line)
            listen(line)

        process = runtime.start_process(command, container, environment, on_line=hear)
        try:
            yield process
        finally:
            process.kill()
