"""S3 Object Created on runs/*/dataset/dataset.json → one SageMaker training or tuning job."""

from typing import Any

import msgspec

from tunedrop import bootstrap, logs
from tunedrop.documents import keys
from tunedrop.events import created_key
from tunedrop.jobs.network import Network
from tunedrop.jobs.training_job import TrainingSettings
from tunedrop.settings import BucketSettings, read_settings
from tunedrop.stages.train import train

logger = logs.logger("train")


class Settings(BucketSettings, frozen=True):
    """The function's environment."""

    training_image: str
    training_role_arn: str
    stack_name: str
    max_monthly_usd: float


@logger.inject_lambda_context(correlation_id_path="id")
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Start the training job of the run whose dataset.json the event names."""
    settings = read_settings(Settings)
    folder = keys.folder_of(created_key(event))
    logger.append_keys(run=folder)
    result = train(
        folder,
        bootstrap.step(settings, context),
        TrainingSettings(
            settings.training_image,
            settings.training_role_arn,
            settings.stack_name,
            settings.max_monthly_usd,
            read_settings(Network),
        ),
        bootstrap.quotas(),
    )
    logger.info(result.outcome)
    answer: dict[str, Any] = msgspec.to_builtins(result)
    return answer
