"""Decide what is too large for the prepare function, and build the request for a processing job.

The job runs functions/prepare/job.py, the same code as PrepareFunction, in the training image.
"""

import math
from typing import Any

import msgspec

from tunedrop.dataset.sizing.footprint import Footprint
from tunedrop.documents.run import Run, resource_tags
from tunedrop.jobs.network import Network
from tunedrop.recipe.instances import CATALOGUE

ENTRYPOINT = "prepare"  # A program of the training image, see training_container/Dockerfile.
LOGS = "/aws/sagemaker/ProcessingJobs"
MAX_SECONDS = 12 * 3_600  # With all checks, one core prepares more than 10 MB per second.
SHARE_OF_MEMORY = 0.7  # The share of the memory that a prediction may use.
SPARE_GB = 20  # Added to the volume beyond what the rows need.
LARGEST_VOLUME_GB = 16_384
# Copies on disk at the same time: the packed file, the rows read, the splits, and a reserve.
COPIES = 4


class FetchSettings(msgspec.Struct, frozen=True):
    """The stack's settings for the jobs that fetch base models.

    `hub` is the address of the hub. `secret` is the ARN of the secret with the hub's token, empty
    without one; only the job reads the secret.
    """

    role: str
    hub: str
    secret: str


class ProcessingSettings(msgspec.Struct, frozen=True):
    """The stack's settings for preparation; `memory` and `limit` are in megabytes.

    `memory` is the function's. A drop larger than `limit` always goes to a processing job.
    """

    image: str
    role: str
    stack: str
    region: str
    memory: int
    limit: int
    fetch: FetchSettings
    network: Network = Network()


def why_too_large(footprint: Footprint, settings: ProcessingSettings) -> str | None:
    """Return why the function cannot prepare the drop, or None when it can."""
    room = int(settings.memory * SHARE_OF_MEMORY)
    memory, unpacked = footprint.memory / (1 << 20), footprint.unpacked / (1 << 20)
    if unpacked > settings.limit:
        return (
            f"{unpacked:,.1f} MB unpacked are more than the {settings.limit:,} MB that the "
            "function takes (PrepareLimitMegabytes)"
        )
    if memory > room:
        return (
            f"about {footprint.rows:,} rows need about {memory:,.0f} MB of memory, and of the "
            f"function's {settings.memory:,} MB at most {room:,} are to be filled"
        )
    return None


def instance_for(footprint: Footprint) -> str:
    """Return the smallest instance type with enough memory, or else the largest type."""
    gib = footprint.memory / (1 << 30)
    sizes = CATALOGUE.for_processing()
    fitting = (name for name, size in sizes.items() if gib <= size * SHARE_OF_MEMORY)
    return next(fitting, list(sizes)[-1])


def processing_job_request(
    run: Run, footprint: Footprint, settings: ProcessingSettings
) -> dict[str, Any]:
    """Return the CreateProcessingJob request.

    The job has no inputs and outputs: like the function, it reads and writes the bucket itself,
    with its own role. boto3 takes the Region from AWS_DEFAULT_REGION. The volume is mounted at
    /tmp too, where temporary files are written:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
    https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest-nbi.html
    """
    gigabytes = math.ceil(footprint.unpacked * COPIES / (1 << 30)) + SPARE_GB
    return {
        "ProcessingJobName": run.name,
        "RoleArn": settings.role,
        "AppSpecification": {"ImageUri": settings.image, "ContainerEntrypoint": [ENTRYPOINT]},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": instance_for(footprint),
                "VolumeSizeInGB": min(gigabytes, LARGEST_VOLUME_GB),
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_SECONDS},
        "Environment": {
            "DATA_BUCKET": run.source.bucket,
            "PROCESSING_JOB": run.name,
            "AWS_DEFAULT_REGION": settings.region,
        },
        "NetworkConfig": {"EnableNetworkIsolation": False, **settings.network.member},
        "Tags": resource_tags(run, settings.stack),
    }
