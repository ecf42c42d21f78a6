"""S3 Object Created on datasets/ → the run's dataset/, or a processing job that writes it."""

from typing import Any

import msgspec

from tunedrop import bootstrap, logs
from tunedrop.events import completion, created_key
from tunedrop.jobs.network import Network
from tunedrop.jobs.processing_job import FetchSettings, ProcessingSettings
from tunedrop.recipe.limits import Limits
from tunedrop.settings import BucketSettings, read_settings
from tunedrop.stages.prepare import prepare

logger = logs.logger("prepare")


class Settings(BucketSettings, frozen=True):
    """The function's environment."""

    aws_region: str
    training_image: str
    processing_role_arn: str
    prepare_limit_megabytes: int
    fetch_role_arn: str
    hub_endpoint: str
    hub_token_secret_arn: str
    stack_name: str


@logger.inject_lambda_context(correlation_id_path="id")
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Prepare the dropped file that the event names, here or in a processing job."""
    settings, limits = read_settings(Settings), read_settings(Limits)
    key = created_key(event)
    logger.append_keys(key=key)
    processing = ProcessingSettings(
        image=settings.training_image,
        role=settings.processing_role_arn,
        stack=settings.stack_name,
        region=settings.aws_region,
        memory=int(context.memory_limit_in_mb),
        limit=settings.prepare_limit_megabytes,
        fetch=FetchSettings(
            role=settings.fetch_role_arn,
            hub=settings.hub_endpoint,
            secret=settings.hub_token_secret_arn,
        ),
        network=read_settings(Network),
    )
    step = bootstrap.prepare_step(settings, context)
    result = prepare(key, step, processing, limits, completion(event))
    logger.info(result.outcome, run=result.run)
    answer: dict[str, Any] = msgspec.to_builtins(result)
    return answer
