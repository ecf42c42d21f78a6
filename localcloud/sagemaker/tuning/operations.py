"""The operations on tuning jobs; `jobs.operations` has what all kinds of jobs share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.images import find_image
from localcloud.sagemaker.jobs.operations import Jobs
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.tuning import requests
from localcloud.sagemaker.tuning.job import TUNING, TuningJob
from localcloud.sagemaker.tuning.run import TuningRun

if TYPE_CHECKING:
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.tags import Tags
    from localcloud.sagemaker.training.job import TrainingJob
    from localcloud.sagemaker.training.operations import TrainingJobs
    from localcloud.service import ServiceRequest


class TuningJobs(Jobs[TuningJob]):
    """Every tuning job since the start, by name; its trials are among the training jobs."""

    def __init__(self, runtime: Runtime, tags: Tags, training: TrainingJobs) -> None:
        super().__init__(TUNING, runtime, tags)
        self._training = training
        self._trials = Listing(
            answer="TrainingJobSummaries", prefix="TrainingJob", members=None, ascending=True
        )

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateHyperParameterTuningJob: answers at once; the trials run on a thread."""
        payload = request.payload
        requests.check_tuning_request(payload)
        definition = payload["TrainingJobDefinition"]
        algorithm = definition["AlgorithmSpecification"]
        image = find_image(self._runtime.settings.images, algorithm["TrainingImage"], "train")
        role = replace(request, payload={"RoleArn": definition["RoleArn"]})
        credentials = self._credentials(role)
        description = self._description(request)
        arn = description["HyperParameterTuningJobArn"]
        job = TuningJob(description, self._runtime, lambda: self._tags.of(arn))
        self._add(request, job)
        job.begin()

        def launch(name: str, values: dict[str, str]) -> TrainingJob:
            trial = replace(request, payload=requests.trial_request(payload, name, values))
            return self._training.launch(trial, image, credentials)

        run = TuningRun(job, self._runtime, launch)
        self._runtime.start_thread(run.run, name=f"tuning-{job.name}")
        return {"HyperParameterTuningJobArn": arn}

    def list_trials(self, request: ServiceRequest) -> dict[str, Any]:
        """ListTrainingJobsForHyperParameterTuningJob."""
        job = self._find(request)
        return self._trials.page(request.payload, [job.summary(trial) for trial in job.trials])

    def _listed(self, job: TuningJob) -> dict[str, Any]:
        described = job.describe()
        return {**described, "Strategy": described["HyperParameterTuningJobConfig"]["Strategy"]}
