"""What is heard of a training program: its metrics, and why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.sagemaker.training.metrics import MetricReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.sagemaker.training.job import TrainingJob


def contract(job: TrainingJob) -> dict[str, str]:
    """The variables that SageMaker sets for every training job."""
    return {"TRAINING_JOB_NAME": job.name, "TRAINING_JOB_ARN": job.arn}


def metric_listener(job: TrainingJob) -> Callable[[str], None]:
    """Read metrics from the lines of the log."""
    algorithm = job.describe()["AlgorithmSpecification"]
    metrics = MetricReader(algorithm.get("MetricDefinitions") or [])

    def listen(line: str) -> None:
        if metrics.read(line):
            job.note(FinalMetricDataList=metrics.final())

    return listen


def algorithm_error(failure: Path, exit_code: int | None) -> str:
    """The FailureReason of a program that failed: its failure file and its exit code."""
    words = failure.read_text("utf-8", "replace") if failure.is_file() else ""
    return f"AlgorithmError: {words}, exit code: {exit_code}"
