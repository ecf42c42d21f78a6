"""Calls of SageMaker that do no harm when they are repeated, and what its errors mean."""

import re
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tunedrop.errors import ProcessingError, TunedropError
from tunedrop.ports.sagemaker import (
    LimitError,
    ProcessingJob,
    TrainingJob,
    TuningJob,
)
from tunedrop.ports.services import Request

# Error codes of requests that can never succeed unchanged. Any other error (throttling, an outage)
# is raised, and Lambda tries again.
REFUSALS = ("ValidationException", "AccessDeniedException", "ResourceLimitExceeded")
# "The account-level service limit … is 0 Instances": waiting does not help.
NO_QUOTA = re.compile(r"\bis 0 Instances")
# Parts of refusals that delays of IAM and SageMaker cause: what was created a moment ago is not yet
# visible everywhere. They are final only after these pauses, in seconds.
NOT_VISIBLE_YET = (
    "Could not find model",
    "Could not find endpoint config",
    "Could not assume role",
)
VISIBILITY_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
QUOTA_REMEDY = (
    "Ask for a higher quota for this instance type in the Service Quotas console (training and "
    "endpoint quotas are separate), or name another type in recipe.yaml; then drop the file again."
)
# boto3 repeats a request whose answer was lost; only this product updates its endpoints.
DONE_BEFORE = re.compile(r"already exist|Cannot update in-progress endpoint")
PROCESSING_QUOTA_REMEDY = (
    "Ask for a higher quota for this instance type, for processing job usage, in the Service "
    "Quotas console; then drop the file again."
)
REMEDY = "Correct the recipe or the stack's parameters, then drop the file again."


def create(call: Callable[..., Any], request: Request, refused: type[TunedropError]) -> None:
    """Send a request that creates something, unless it was done before.

    Raises:
        TunedropError: of the type `refused`, if SageMaker refuses the request for good.
        LimitError: too many instances are in use.
    """
    try:
        _call_until_visible(call, request)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code == "ResourceInUse" or DONE_BEFORE.search(message):
            return
        if code not in REFUSALS:
            raise
        quota = PROCESSING_QUOTA_REMEDY if refused is ProcessingError else QUOTA_REMEDY
        is_limit = code == "ResourceLimitExceeded"
        refusal = refused(
            f"SageMaker refused the request: {message}", quota if is_limit else REMEDY
        )
        if is_limit and not NO_QUOTA.search(message):
            raise LimitError(refusal) from error
        raise refusal from error


def stop(
    describe: Callable[[str], TrainingJob | TuningJob | ProcessingJob | None],
    call: Callable[..., Any],
    **name: str,
) -> None:
    """Stop a job, whose name is the one argument of `call`, unless it ended or does not exist."""

    def is_in_progress() -> bool:
        job = describe(*name.values())
        return job is not None and job.status == "InProgress"

    if is_in_progress():
        try:
            call(**name)
        except ClientError:
            if is_in_progress():
                raise


def _call_until_visible(call: Callable[..., Any], request: Request) -> None:
    for pause in (*VISIBILITY_PAUSES, None):
        try:
            call(**request)
        except ClientError as error:
            message = error.response["Error"]["Message"]
            if pause is None or not any(text in message for text in NOT_VISIBLE_YET):
                raise
            time.sleep(pause)
        else:
            return


def is_missing(error: ClientError) -> bool:
    """Return whether the resource does not exist; SageMaker has no error code of its own for it."""
    details = error.response["Error"]
    return details["Code"] == "ResourceNotFound" or (
        details["Code"] == "ValidationException"
        and any(
            words in details["Message"] for words in ("Could not find", "not exist", "not found")
        )
    )


def found(call: Callable[..., Any], **arguments: str) -> Any:
    """Return the answer to a request that describes something; None if it does not exist."""
    try:
        return call(**arguments)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def delete(client: Any, kind: str, **name: str) -> bool:
    """Delete a resource; return whether it is gone.

    The role may delete what has the stack's tag. What does not exist has no tag, so SageMaker may
    answer AccessDenied for it.
    """
    try:
        getattr(client, f"delete_{kind}")(**name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "AccessDeniedException" and not found(
            getattr(client, f"describe_{kind}"), **name
        ):
            return True
        if code != "ValidationException":
            raise
        return is_missing(error)
    return True
