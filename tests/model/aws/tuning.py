"""Tuning jobs of the model of SageMaker: two training jobs each, which SageMaker itself starts."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.model.aws.resources import (
    Resource,
    artifact_of,
    found,
    refuse_a_duplicate,
    refuse_to_stop,
)

if TYPE_CHECKING:
    from tests.model.aws.sagemaker import Platform

TUNING_JOB = "SageMaker HyperParameter Tuning Job State Change"
TRIAL = "SageMaker Training Job State Change"
TRIAL_SECONDS = (300.0, 600.0)  # When the two trials end; the later one ends the tuning job.
STOPPING_SECONDS = 100.0


class TuningJobs:
    """The part of SageMaker that tunes; trials are found as training jobs, too."""

    platform: "Platform"

    def __init__(self) -> None:
        self.tuning_jobs: dict[str, Resource] = {}
        self.trials: dict[str, Resource] = {}

    def create_hyper_parameter_tuning_job(self, **request: Any) -> Any:
        name = request["HyperParameterTuningJobName"]
        refuse_a_duplicate("CreateHyperParameterTuningJob", name, self.tuning_jobs)
        clock = self.platform.clock
        job = Resource(name, "InProgress", clock(), request)
        self.tuning_jobs[name] = job
        for number, seconds in enumerate(TRIAL_SECONDS, 1):
            trial = Resource(
                f"{name}-{number:03}-0a1b2c3d",
                "InProgress",
                clock(),
                request["TrainingJobDefinition"],
            )
            self.trials[trial.name] = trial
            self.platform.later(seconds, partial(self._complete_trial, job, trial))
        return {}

    def describe_hyper_parameter_tuning_job(self, *, HyperParameterTuningJobName: str) -> Any:  # noqa: N803
        job = found(
            "DescribeHyperParameterTuningJob", HyperParameterTuningJobName, self.tuning_jobs
        )
        return {"HyperParameterTuningJobStatus": job.status}

    def list_training_jobs_for_hyper_parameter_tuning_job(
        self,
        *,
        HyperParameterTuningJobName: str,  # noqa: N803
        **_: str,
    ) -> Any:
        job = found(
            "ListTrainingJobsForHyperParameterTuningJob",
            HyperParameterTuningJobName,
            self.tuning_jobs,
        )
        return {"TrainingJobSummaries": [_summary(trial) for trial in self._of(job.name)]}

    def stop_hyper_parameter_tuning_job(self, *, HyperParameterTuningJobName: str) -> Any:  # noqa: N803
        job = found("StopHyperParameterTuningJob", HyperParameterTuningJobName, self.tuning_jobs)
        refuse_to_stop("StopHyperParameterTuningJob", job)
        for trial in [*self._of(job.name), job]:
            if trial.status == "InProgress":
                kind = TUNING_JOB if trial is job else TRIAL
                trial.status = "Stopping"
                self._end_later(trial, "Stopped", kind, STOPPING_SECONDS)
        return {}

    def _of(self, name: str) -> list[Resource]:
        return [trial for trial in self.trials.values() if trial.name.startswith(f"{name}-")]

    def _complete_trial(self, job: Resource, trial: Resource) -> None:
        """End a trial; the tuning job ends with the last of them, whichever that is."""
        if trial.status == "InProgress":
            self.platform.write_artifact(trial.request, artifact_of(trial))
        self._end(trial, "Completed", TRIAL)
        if all(each.ended for each in self._of(job.name)):
            self._end(job, "Completed", TUNING_JOB)

    def _end_later(self, job: Resource, status: str, kind: str, seconds: float) -> None:
        self.platform.later(seconds, lambda: self._end(job, status, kind))

    def _end(self, job: Resource, status: str, kind: str) -> None:
        is_due = job.status == "Stopping" if status == "Stopped" else job.status == "InProgress"
        if is_due:
            job.status, job.ended = status, self.platform.clock()
            self.platform.emit(kind, job.name, status)


def _summary(trial: Resource) -> dict[str, Any]:
    moment = datetime.fromtimestamp(trial.created, UTC)
    return {
        "TrainingJobName": trial.name,
        "TrainingJobStatus": trial.status,
        "TunedHyperParameters": {"learning_rate": "0.0005"},
        "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "loss", "Value": 0.5},
        "TrainingStartTime": moment,
        "TrainingEndTime": moment,
    }
