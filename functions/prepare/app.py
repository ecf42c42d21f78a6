"""S3 Object Created on datasets/ → runs/<dataset>/<run>/dataset/."""

from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from tunedrop.aws import application
from tunedrop.events import created_key
from tunedrop.settings import BucketSettings, read_settings
from tunedrop.stages.prepare import prepare

logger = Logger(service="prepare")


@logger.inject_lambda_context(correlation_id_path="id")
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Prepare the dropped file that the event names."""
    key = created_key(event)
    logger.append_keys(key=key)
    outcome = prepare(key, application.step(read_settings(BucketSettings), context))
    logger.info(outcome.outcome, run=outcome.run)
    answer: dict[str, Any] = msgspec.to_builtins(outcome)
    return answer
