"""SageMaker Endpoint State Change, in service → report, email, and the endpoint kept or not.

S3 Object Created on runs/*/answers/*/continue.json → the same, from where an invocation ended.
"""

from typing import Any

import msgspec

from tunedrop import bootstrap, logs
from tunedrop.events import subject
from tunedrop.jobs.endpoint import HostingSettings
from tunedrop.jobs.network import Network
from tunedrop.lifecycle.reporting import EvaluationSettings
from tunedrop.settings import EndingSettings, read_settings
from tunedrop.stages.evaluate import evaluate

logger = logs.logger("evaluate")


class Settings(EndingSettings, frozen=True):
    """The function's environment."""

    training_image: str
    serving_image: str
    serving_role_arn: str
    stack_name: str


@logger.inject_lambda_context(correlation_id_path="id")
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Evaluate the run whose endpoint or saved answers the event names."""
    settings = read_settings(Settings)
    about = subject(event)
    logger.append_keys(subject=about)
    result = evaluate(
        about,
        bootstrap.step(settings, context),
        bootstrap.inference(),
        bootstrap.ending(settings),
        EvaluationSettings(
            settings.training_image,
            settings.serving_image,
            HostingSettings(
                settings.serving_image,
                settings.serving_role_arn,
                settings.stack_name,
                read_settings(Network),
            ),
        ),
    )
    logger.info(result.outcome, run=result.run)
    answer: dict[str, Any] = msgspec.to_builtins(result)
    return answer
