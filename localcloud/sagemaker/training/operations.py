"""CreateTrainingJob; `jobs.operations` has what all kinds of jobs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.images import find_image
from localcloud.sagemaker.jobs.operations import Jobs
from localcloud.sagemaker.training import requests
from localcloud.sagemaker.training.job import TRAINING, TrainingJob
from localcloud.sagemaker.training.run import TrainingRun

if TYPE_CHECKING:
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.settings import Image
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import Credentials, ServiceRequest


class TrainingJobs(Jobs[TrainingJob]):
    """Every training job since the start, by name."""

    def __init__(self, runtime: Runtime, tags: Tags) -> None:
        super().__init__(TRAINING, runtime, tags)

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateTrainingJob: answers at once; the job runs on a thread and in a process."""
        payload = request.payload
        requests.check_training_request(payload)
        image = find_image(
            self._runtime.settings.images,
            payload["AlgorithmSpecification"]["TrainingImage"],
            "train",
        )
        job = self.launch(request, image, self._credentials(request))
        return {"TrainingJobArn": job.arn}

    def launch(
        self, request: ServiceRequest, image: Image, credentials: Credentials
    ) -> TrainingJob:
        """Start a job whose request has been checked; a tuning job starts its trials so."""
        payload = request.payload
        description = self._description(
            request,
            SecondaryStatus="Starting",
            StoppingCondition=requests.stopping_condition(payload),
            ResourceConfig=requests.resource_config(payload),
        )
        arn = description["TrainingJobArn"]
        job = TrainingJob(description, self._runtime, lambda: self._tags.of(arn))
        self._add(request, job)
        job.begin()
        run = TrainingRun(job, self._runtime, image, credentials)
        self._runtime.start_thread(run.run, name=f"training-{job.name}")
        return job
