"""Amazon SageMaker on one machine: jobs and endpoints as real processes.

Requests, errors, events, roles, logs and the container contract are AWS's. Every instance type is
accepted, and everything runs on this machine. How to use it:

    service = start_sagemaker(emulator, SageMakerSettings(state_dir=…, images={…}))
    …
    service.close()                          # before the emulator stops

Where things are:
    service       the table of operations; a new kind of job gets a folder and lines in it
    shapes        requests checked against botocore's model
    training/     training jobs        processing/   processing jobs      jobs/   what they share
    tuning/       hyperparameter tuning jobs, whose trials are training jobs
    hosting/      models, endpoint configurations, endpoints
    runtime       what all share: roles, clean environments, work folders, processes

What differs from AWS, on purpose:
    - nothing waits for capacity: the first instance preference is always free, spot is never
      interrupted, volumes and KMS keys are accepted and have no effect;
    - a processing job's program reads and writes its data itself: ProcessingInputs, outputs, and
      the ENTRYPOINT of an image are refused;
    - a tuning job chooses its values by a sampler of its own; none of its training jobs is stopped
      early; when its MaxRuntimeInSeconds is over, it ends as Stopped;
    - MaxRuntimeInSeconds counts from the start of the program;
    - network isolation gives the program no credentials, but cannot cut its network;
    - an endpoint whose program exits three times before it was healthy has failed at once, while
      AWS would restart it until the health check's time is over;
    - a member of a request that AWS does not know is refused, not ignored; what AWS has and this
      service lacks is refused by name (`NotEmulated`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.sagemaker import resources
from localcloud.sagemaker.service import SageMakerService
from localcloud.sagemaker.settings import Image, SageMakerSettings

if TYPE_CHECKING:
    from localcloud.aws.emulator import Emulator

__all__ = ["Image", "SageMakerService", "SageMakerSettings", "start_sagemaker"]


def start_sagemaker(emulator: Emulator, settings: SageMakerSettings) -> SageMakerService:
    """Make the emulated AWS answer SageMaker requests; close() the service before the emulator."""
    service = SageMakerService(emulator, settings)
    emulator.register_service(
        "sagemaker",
        service,
        target_prefix=resources.TARGET_PREFIX,
        routes=resources.ROUTES,
        resource_arn=service.resource_arn,
        resource_tags=service.resource_tags,
    )
    emulator.list_tags("sagemaker", service.tags.by_arn)
    return service
