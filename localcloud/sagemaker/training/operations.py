"""CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker import resources
from localcloud.sagemaker.errors import validation_error
from localcloud.sagemaker.images import find_image
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.training import requests
from localcloud.sagemaker.training.job import TrainingJob
from localcloud.sagemaker.training.run import TrainingRun
from localcloud.service import ServiceError

if TYPE_CHECKING:
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import ServiceRequest

_LISTING = Listing(
    answer="TrainingJobSummaries",
    prefix="TrainingJob",
    ascending=True,
    members=(
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    ),
)


class TrainingJobs:
    """Every training job since the start, by name."""

    def __init__(self, runtime: Runtime, tags: Tags) -> None:
        self._runtime = runtime
        self._tags = tags
        self._jobs: dict[str, TrainingJob] = {}
        self._lock = threading.Lock()

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateTrainingJob: answers at once; the job runs on a thread and in a process."""
        payload = request.payload
        requests.check_training_request(payload)
        image = find_image(
            self._runtime.settings.images,
            payload["AlgorithmSpecification"]["TrainingImage"],
            "train",
        )
        self._runtime.platform.check_pass_role(
            request.access_key_id, payload["RoleArn"], resources.SERVICE_PRINCIPAL
        )
        credentials = self._runtime.assume_role(payload["RoleArn"])
        arn = resources.arn(self._runtime.platform, "training-job", payload["TrainingJobName"])
        job = self._add(request, arn)
        job.move("InProgress", "Starting")
        run = TrainingRun(job, self._runtime, image, credentials)
        self._runtime.start_thread(run.run, name=f"training-{job.name}")
        return {"TrainingJobArn": arn}

    def _add(self, request: ServiceRequest, arn: str) -> TrainingJob:
        """Take the name, which is free once."""
        payload = request.payload
        description = {
            **{member: value for member, value in payload.items() if member != "Tags"},
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "StoppingCondition": requests.stopping_condition(payload),
            "ResourceConfig": requests.resource_config(payload),
        }
        job = TrainingJob(description, self._runtime, lambda: self._tags.of(arn))
        with self._lock:
            if arn in self._jobs:
                raise ServiceError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a "
                    f"training job with this name already exists ({arn})",
                )
            self._tags.create(request, arn)
            self._jobs[arn] = job
        return job

    def describe(self, request: ServiceRequest) -> dict[str, Any]:
        """DescribeTrainingJob."""
        return self._find(request).describe()

    def stop(self, request: ServiceRequest) -> dict[str, Any]:
        """StopTrainingJob: the job is Stopping when this answers."""
        self._find(request).request_stop()
        return {}

    def list(self, request: ServiceRequest) -> dict[str, Any]:
        """ListTrainingJobs."""
        with self._lock:
            jobs = list(self._jobs.values())
        return _LISTING.page(request.payload, [job.describe() for job in jobs])

    def _find(self, request: ServiceRequest) -> TrainingJob:
        name = request.payload["TrainingJobName"]
        arn = resources.arn(self._runtime.platform, "training-job", name)
        with self._lock:
            if arn not in self._jobs:
                raise validation_error("Requested resource not found.")
            return self._jobs[arn]
