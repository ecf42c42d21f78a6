"""A training or tuning job has completed → one endpoint.

S3 Object Created on runs/*/config/reuse-*.json → the same, with the adapter of an earlier run.
"""

from typing import Any

import msgspec

from tunedrop import bootstrap, logs
from tunedrop.events import subject
from tunedrop.jobs.endpoint import HostingSettings
from tunedrop.jobs.network import Network
from tunedrop.settings import BucketSettings, read_settings
from tunedrop.stages.deploy import deploy

logger = logs.logger("deploy")


class Settings(BucketSettings, frozen=True):
    """The function's environment."""

    serving_image: str
    serving_role_arn: str
    stack_name: str


@logger.inject_lambda_context(correlation_id_path="id")
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Create the endpoint of the run whose job or object the event names."""
    settings = read_settings(Settings)
    about = subject(event)
    logger.append_keys(subject=about)
    result = deploy(
        about,
        bootstrap.step(settings, context),
        HostingSettings(
            settings.serving_image,
            settings.serving_role_arn,
            settings.stack_name,
            read_settings(Network),
        ),
    )
    logger.info(result.outcome, run=result.run)
    answer: dict[str, Any] = msgspec.to_builtins(result)
    return answer
