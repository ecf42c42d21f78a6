"""The state of one tuning job, as DescribeHyperParameterTuningJob shows it, and its trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from localcloud.sagemaker.events import TUNING_JOB
from localcloud.sagemaker.jobs.job import (
    ENDED,
    MAX_FAILURE_REASON,
    Ending,
    Job,
    JobKind,
    epoch_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.training.job import TrainingJob

TUNING = JobKind(
    prefix="HyperParameterTuningJob",
    words="hyperparameter tuning job",
    arn="hyper-parameter-tuning-job",
    log_group="",  # Only its training jobs have a log.
    event=TUNING_JOB,
    event_members=(
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobArn",
        "TrainingJobDefinition",
        "HyperParameterTuningJobStatus",
        "CreationTime",
        "LastModifiedTime",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
    ),
    listed_members=(
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobArn",
        "HyperParameterTuningJobStatus",
        "Strategy",
        "CreationTime",
        "HyperParameterTuningEndTime",
        "LastModifiedTime",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
    ),
    taken=(
        "Hyper parameter tuning job names must be unique within an AWS account and region, and a "
        "tuning job with this name already exists"
    ),
    missing="Amazon SageMaker can't find a tuning job with the name {name}.",
    missing_code="ResourceNotFound",
)
SUMMARY_MEMBERS = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "FailureReason",
)
_COUNTERS = {"Completed": "Completed", "Failed": "NonRetryableError", "Stopped": "Stopped"}


class Trial(NamedTuple):
    """One training job of a tuning job, and the values that it tries."""

    job: TrainingJob
    values: dict[str, str]


class TuningJob(Job):
    """The state of one tuning job; every method may be called from any thread."""

    def __init__(
        self, description: dict[str, Any], runtime: Runtime, tags: Callable[[], dict[str, str]]
    ) -> None:
        super().__init__(TUNING, description, runtime, tags)
        self.trials: list[Trial] = []

    def begin(self) -> None:
        """Send the event of a job that was created."""
        self._move("InProgress")

    def begin_stopping(self) -> None:
        """Enter the status Stopping, before the training jobs are stopped."""
        self._move("Stopping")

    def end(self, ending: Ending) -> None:
        """Enter the final status of a job that did not fail."""
        self._move("Completed" if ending is Ending.COMPLETED else "Stopped")

    def fail(self, reason: str) -> None:
        """End as Failed; the reason is cut where AWS cuts it."""
        self._move("Failed", FailureReason=reason[:MAX_FAILURE_REASON])

    def describe(self) -> dict[str, Any]:
        """The answer of the Describe operation, with the counters and the best job as they are."""
        with self._lock:
            best = self.best()
            known = {"BestTrainingJob": self.summary(best)} if best else {}
            return {**super().describe(), **self._counters(), **known}

    def summary(self, trial: Trial) -> dict[str, Any]:
        """A trial as ListTrainingJobsForHyperParameterTuningJob shows it."""
        job = trial.job.describe()
        shown = {member: job[member] for member in SUMMARY_MEMBERS if member in job}
        objective, loss = self._objective, _loss(job, self._objective["MetricName"])
        metric = {**objective, "Value": loss}
        found = {"FinalHyperParameterTuningJobObjectiveMetric": metric} if loss is not None else {}
        return {
            **shown,
            **found,
            "TunedHyperParameters": trial.values,
            "ObjectiveStatus": _objective_status(job["TrainingJobStatus"], loss),
        }

    def best(self) -> Trial | None:
        """The completed trial with the smallest objective."""
        found = [(loss, trial) for trial in self.trials if (loss := self.loss(trial)) is not None]
        return min(found, key=lambda each: each[0])[1] if found else None

    def loss(self, trial: Trial) -> float | None:
        """The objective of a completed trial."""
        job = trial.job.describe()
        completed = job["TrainingJobStatus"] == "Completed"
        return _loss(job, self._objective["MetricName"]) if completed else None

    @property
    def _objective(self) -> dict[str, Any]:
        config = self._description["HyperParameterTuningJobConfig"]
        objective: dict[str, Any] = config["HyperParameterTuningJobObjective"]
        return objective

    def _counters(self) -> dict[str, Any]:
        jobs = dict.fromkeys(("InProgress", "RetryableError", *_COUNTERS.values()), 0)
        objectives = dict.fromkeys(("Succeeded", "Pending", "Failed"), 0)
        for trial in self.trials:
            jobs[_COUNTERS.get(trial.job.status, "InProgress")] += 1
            objectives[self.summary(trial)["ObjectiveStatus"]] += 1
        return {"TrainingJobStatusCounters": jobs, "ObjectiveStatusCounters": objectives}

    def _move(self, status: str, **members: Any) -> None:
        with self._lock:
            now = epoch_seconds()
            ended = {"HyperParameterTuningEndTime": now} if status in ENDED else {}
            self._enter(status, now, {**members, **ended})


def _loss(job: dict[str, Any], metric: str) -> float | None:
    """The last value of the metric that a training job logged."""
    metrics = job.get("FinalMetricDataList") or []
    return next((each["Value"] for each in metrics if each["MetricName"] == metric), None)


def _objective_status(status: str, loss: float | None) -> str:
    if status not in ENDED:
        return "Pending"
    return "Failed" if loss is None or status == "Failed" else "Succeeded"
