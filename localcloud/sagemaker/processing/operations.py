"""CreateProcessingJob; `jobs.operations` has what all kinds of jobs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.images import find_entrypoint
from localcloud.sagemaker.jobs.operations import Jobs
from localcloud.sagemaker.processing import requests
from localcloud.sagemaker.processing.job import PROCESSING, ProcessingJob
from localcloud.sagemaker.processing.run import ProcessingRun

if TYPE_CHECKING:
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import ServiceRequest


class ProcessingJobs(Jobs[ProcessingJob]):
    """Every processing job since the start, by name."""

    def __init__(self, runtime: Runtime, tags: Tags) -> None:
        super().__init__(PROCESSING, runtime, tags)

    def create(self, request: ServiceRequest) -> dict[str, Any]:
        """CreateProcessingJob: answers at once; the job runs on a thread and in a process."""
        payload = request.payload
        requests.check_processing_request(payload)
        image = find_entrypoint(
            self._runtime.settings.images,
            payload["AppSpecification"]["ImageUri"],
            requests.command_line(payload)[0],
        )
        credentials = self._credentials(request)
        description = self._description(
            request, StoppingCondition=requests.stopping_condition(payload)
        )
        arn = description["ProcessingJobArn"]
        job = ProcessingJob(description, self._runtime, lambda: self._tags.of(arn))
        self._add(request, job)
        job.begin()
        run = ProcessingRun(job, self._runtime, image, credentials)
        self._runtime.start_thread(run.run, name=f"processing-{job.name}")
        return {"ProcessingJobArn": arn}
