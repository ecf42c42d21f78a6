"""CloudFormation's custom resource: before the stack is deleted, what costs money is removed.

CloudFormation waits until the function answers. The function therefore answers whatever happens,
and in time: an answer that never comes blocks the stack for ServiceTimeout seconds.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from typing import Any

from tunedrop import bootstrap, logs
from tunedrop.settings import StackSettings, read_settings
from tunedrop.stages.clean_up import clean_up, is_being_deleted

logger = logs.logger("clean_up")

SPARE_SECONDS = 30.0  # Reserved at the end of the function's time for the answer.


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> None:
    """Answer Create and Update at once, and Delete when nothing of the stack is left."""
    answers = bootstrap.custom_resource(event)
    try:
        outcome = _handle(event, context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS)
    except Exception as error:  # CloudFormation would wait for an answer in vain.
        logger.exception("the stack is not cleaned up")
        answers.failed(f"{error} (log stream {context.log_stream_name})")
        return
    logger.info(outcome)
    answers.succeeded(outcome)


def _handle(event: dict[str, Any], seconds: float) -> str:
    """Return what was done, in words; raises LeftoversError when something is left."""
    settings = read_settings(StackSettings)
    if event["RequestType"] != "Delete":
        return "nothing to do"
    if not is_being_deleted(bootstrap.stack_status(event["StackId"])):
        return "nothing to do: the stack itself stays"
    done = clean_up(bootstrap.stack_resources(settings.stack_name), seconds)
    bucket = settings.data_bucket
    return f"the bucket {bucket} stays: empty it in the S3 console, then delete it; {done}"
