"""The training program itself: what it is started with, and what is heard of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud.sagemaker.logs import LogStream
from localcloud.sagemaker.training.folders import HOST
from localcloud.sagemaker.training.metrics import MetricReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from localcloud.sagemaker.container import Container
    from localcloud.sagemaker.processes import ContainerProcess
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.training.job import TrainingJob

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


@contextmanager
def start_program(
    job: TrainingJob, runtime: Runtime, container: Container
) -> Iterator[ContainerProcess]:
    """Start the program, its output going to logs and metrics; it is dead when this is left."""
    described = job.describe()
    stream = f"{job.name}/{HOST}-{int(described['CreationTime'])}"
    environment = container.environment(
        runtime.platform,
        own=described.get("Environment") or {},
        contract={
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": described["TrainingJobArn"],
        },
    )
    client = runtime.platform.client("logs", container.credentials)
    with LogStream(client, LOG_GROUP, stream, runtime.settings.log_interval_seconds) as logs:
        process = runtime.start_process(
            container.image.train, container, environment, on_line=_listener(job, logs)
        )
        try:
            yield process
        finally:
            process.kill()


def _listener(job: TrainingJob, logs: LogStream) -> Callable[[str], None]:
    algorithm = job.describe()["AlgorithmSpecification"]
    metrics = MetricReader(algorithm.get("MetricDefinitions") or [])

    def hear(line: str) -> None:
        logs.write(line)
        if metrics.read(line):
            job.note(FinalMetricDataList=metrics.final())

    return hear


def algorithm_error(failure: Path, exit_code: int | None) -> str:
    """The FailureReason of a program that failed: its failure file and its exit code."""
    words = failure.read_text("utf-8", "replace") if failure.is_file() else ""
    return f"AlgorithmError: {words}, exit code: {exit_code}"
