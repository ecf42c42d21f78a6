"""CloudFormation's custom resource: the training image, built in the account from its sources.

A build takes longer than a function may. The request of CloudFormation travels with the build, and
the event of the build's end has it answered.
"""

from typing import Any

from tunedrop import bootstrap, logs
from tunedrop.events import build_id
from tunedrop.settings import ImageSettings, read_settings
from tunedrop.stages.build_image import ended, needed

logger = logs.logger("build_image")

SOURCE = "aws.codebuild"


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: Any) -> None:
    """Start a build for a request of CloudFormation; answer the request when the build has ended.

    An event whose answer cannot be sent is raised, so that Lambda tries it again.
    """
    if event.get("source") == SOURCE:
        _answer_ended(event)
    else:
        _answer_request(event)


def _answer_request(request: dict[str, Any]) -> None:
    """Answer at once, unless a build has to be waited for."""
    answers = bootstrap.image_answers(request)
    try:
        if request["RequestType"] == "Delete":
            answers.succeeded("the images go with the repository")
            return
        uri = needed(bootstrap.image_builds(read_settings(ImageSettings)), request)
    except Exception as error:  # CloudFormation would wait for an answer in vain.
        logger.exception("the training image is not built")
        answers.failed(f"The training image could not be built: {error}")
        return
    if uri:
        answers.succeeded("the image of these sources exists", {"Uri": uri})
    else:
        logger.info("the build has started")


def _answer_ended(event: dict[str, Any]) -> None:
    """Answer the request that started the build; one that a person started has no request."""
    outcome = ended(bootstrap.image_builds(read_settings(ImageSettings)), build_id(event))
    if not outcome.request:
        logger.info("nobody waits for this build")
        return
    answers = bootstrap.image_answers(outcome.request)
    if outcome.uri:
        answers.succeeded("the image is built", {"Uri": outcome.uri})
    else:
        logger.error(outcome.problem)
        answers.failed(outcome.problem)
