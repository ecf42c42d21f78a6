"""The job that fetches a base model into the bucket, once for all runs.

The job runs training_container/fetch.py. Only this job reaches the hub and has its token.
"""

import hashlib
from typing import Any

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.names import slug
from tunedrop.documents.run import STACK_TAG
from tunedrop.jobs.base_model import model_prefix
from tunedrop.jobs.processing_job import ProcessingSettings
from tunedrop.recipe.instances import CATALOGUE
from tunedrop.recipe.schema import Recipe

ENTRYPOINT = "fetch"  # A program of the training image, see training_container/Dockerfile.
MAX_SECONDS = 6 * 3_600
VOLUME_GB = 128  # The job keeps one file at a time; the weights of large models are in parts.
DIGEST_LENGTH = 16  # Hex digits; a run's jobs have 12, so that no name can be read as the other.
MAX_SLUG = 30  # Characters of the model's name in the job's name, which has at most 63.


class FetchRecord(msgspec.Struct):
    """runs/_fetches/<digest>.json: the number of the job that fetches a model, or did so last.

    A job's name can be used once in an account, so each further try has a number of its own.
    """

    model: str
    attempt: int = 1


def fetch_digest(bucket: str, recipe: Recipe) -> str:
    """Return what the names of a model's record and jobs have in common."""
    text = f"{bucket}\n{model_prefix(recipe)}"
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def fetch_job_name(bucket: str, recipe: Recipe, attempt: int) -> str:
    """Return the job's name, which is the lock: ten runs that want a model start one job."""
    name = slug(recipe.model_id.rpartition("/")[2])[:MAX_SLUG].strip("-")
    return f"fetch-{name}-{fetch_digest(bucket, recipe)}-{attempt}"


def record_key(bucket: str, recipe: Recipe) -> str:
    """Return the key of the model's record."""
    return keys.fetch_record(fetch_digest(bucket, recipe))


def fetch_job_request(
    name: str, bucket: str, recipe: Recipe, settings: ProcessingSettings
) -> dict[str, Any]:
    """Return the CreateProcessingJob request.

    Environment variables can be read by whoever may describe the job. They have the secret's ARN,
    never the token.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
    """
    fetch = settings.fetch
    optional = {"MODEL_URI": recipe.model_uri, "HUB_TOKEN_SECRET_ARN": fetch.secret}
    return {
        "ProcessingJobName": name,
        "RoleArn": fetch.role,
        "AppSpecification": {"ImageUri": settings.image, "ContainerEntrypoint": [ENTRYPOINT]},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": next(iter(CATALOGUE.for_processing())),
                "VolumeSizeInGB": VOLUME_GB,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_SECONDS},
        "Environment": {
            "DATA_BUCKET": bucket,
            "MODEL_PREFIX": model_prefix(recipe),
            "MODEL_ID": recipe.model_id,
            "MODEL_REVISION": recipe.model_revision,
            "HF_ENDPOINT": fetch.hub,
            "AWS_DEFAULT_REGION": settings.region,
            **{key: value for key, value in optional.items() if value},
        },
        "NetworkConfig": {"EnableNetworkIsolation": False, **settings.network.member},
        "Tags": [{"Key": STACK_TAG, "Value": settings.stack}],
    }
