"""Describe, List and Stop, the same for each kind of job; each kind has its own Create."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from localcloud.sagemaker import resources
from localcloud.sagemaker.jobs.job import Job
from localcloud.sagemaker.listing import Listing
from localcloud.service import ServiceError

if TYPE_CHECKING:
    from localcloud.sagemaker.jobs.job import JobKind
    from localcloud.sagemaker.runtime import Runtime
    from localcloud.sagemaker.tags import Tags
    from localcloud.service import Credentials, ServiceRequest

J = TypeVar("J", bound=Job)


class Jobs(Generic[J]):
    """Every job of one kind since the start, by name."""

    def __init__(self, kind: JobKind, runtime: Runtime, tags: Tags) -> None:
        self._kind = kind
        self._runtime = runtime
        self._tags = tags
        self._jobs: dict[str, J] = {}
        self._lock = threading.Lock()
        self._listing = Listing(
            answer=f"{kind.prefix}Summaries",
            prefix=kind.prefix,
            members=kind.listed_members,
            ascending=True,
        )

    def describe(self, request: ServiceRequest) -> dict[str, Any]:
        """DescribeTrainingJob, DescribeProcessingJob."""
        return self._find(request).describe()

    def stop(self, request: ServiceRequest) -> dict[str, Any]:
        """StopTrainingJob, StopProcessingJob: the job is Stopping when this answers."""
        self._find(request).request_stop()
        return {}

    def list(self, request: ServiceRequest) -> dict[str, Any]:
        """ListTrainingJobs, ListProcessingJobs."""
        with self._lock:
            jobs = list(self._jobs.values())
        return self._listing.page(request.payload, [self._listed(job) for job in jobs])

    def _listed(self, job: J) -> dict[str, Any]:
        """What a summary is taken from."""
        return job.describe()

    def _credentials(self, request: ServiceRequest) -> Credentials:
        """Credentials of the job's role, which the caller must be allowed to pass."""
        role = request.payload["RoleArn"]
        self._runtime.platform.check_pass_role(
            request.access_key_id, role, resources.SERVICE_PRINCIPAL
        )
        return self._runtime.assume_role(role)

    def _description(self, request: ServiceRequest, **members: Any) -> dict[str, Any]:
        """The members of the request, and those that SageMaker adds."""
        given = {name: value for name, value in request.payload.items() if name != "Tags"}
        prefix = self._kind.prefix
        return {
            **given,
            f"{prefix}Arn": self._arn(request),
            f"{prefix}Status": "InProgress",
            **members,
        }

    def _add(self, request: ServiceRequest, job: J) -> None:
        """Add the job; raises ServiceError `ResourceInUse` when a job had its name before."""
        with self._lock:
            if job.arn in self._jobs:
                raise ServiceError("ResourceInUse", f"{self._kind.taken} ({job.arn})")
            self._tags.create(request, job.arn)
            self._jobs[job.arn] = job

    def _arn(self, request: ServiceRequest) -> str:
        name = request.payload[f"{self._kind.prefix}Name"]
        return resources.arn(self._runtime.platform, self._kind.arn, name)

    def _find(self, request: ServiceRequest) -> J:
        arn = self._arn(request)
        with self._lock:
            if arn not in self._jobs:
                name = request.payload[f"{self._kind.prefix}Name"]
                message = self._kind.missing.format(name=name)
                raise ServiceError(self._kind.missing_code, message)
            return self._jobs[arn]
