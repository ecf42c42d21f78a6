"""Reads a training program's metrics from its log, and its reason for a failure."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from localcloud.sagemaker.training.job import TrainingJob


class MetricReader:
    """Keeps the last value of each metric, as FinalMetricDataList does."""

    def __init__(self, definitions: Sequence[dict[str, str]]) -> None:
        self._patterns = {item["Name"]: re.compile(item["Regex"]) for item in definitions}
        self._last: dict[str, dict[str, Any]] = {}

    def read(self, line: str) -> bool:
        """Look for every metric in one line of the log; return whether one was found."""
        found = False
        for name, pattern in self._patterns.items():
            match = pattern.search(line)
            value = _number(match.group(1)) if match else None
            if value is not None:
                self._last[name] = {"MetricName": name, "Value": value, "Timestamp": time.time()}
                found = True
        return found

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList: name, value and epoch seconds of each metric seen so far."""
        return list(self._last.values())


def contract(job: TrainingJob) -> dict[str, str]:
    """The variables that SageMaker sets for every training job."""
    return {"TRAINING_JOB_NAME": job.name, "TRAINING_JOB_ARN": job.arn}


def metric_listener(job: TrainingJob) -> Callable[[str], None]:
    """Return what reads the job's metrics from each line of the log."""
    algorithm = job.describe()["AlgorithmSpecification"]
    metrics = MetricReader(algorithm.get("MetricDefinitions") or [])

    def read_line(line: str) -> None:
        if metrics.read(line):
            job.note(FinalMetricDataList=metrics.final())

    return read_line


def algorithm_error(failure: Path, exit_code: int | None) -> str:
    """The FailureReason of a program that failed: its failure file and its exit code."""
    words = failure.read_text("utf-8", "replace") if failure.is_file() else ""
    return f"AlgorithmError: {words}, exit code: {exit_code}"


def _number(text: str | None) -> float | None:
    """The number that the group captured; None when JSON cannot have it, as with `nan`."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
