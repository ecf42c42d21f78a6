"""The errors this service answers with, worded as AWS words them.

ServiceError (localcloud.service)   an AWS error answer
ContractError                       a job or an endpoint ends as Failed; the text is the reason
"""

from __future__ import annotations

from typing import Any

from localcloud.service import ServiceError


class ContractError(Exception):
    """A job or endpoint cannot continue; the message becomes its FailureReason."""


def validation_error(message: str) -> ServiceError:
    """The error of a request that SageMaker refuses."""
    return ServiceError("ValidationException", message)


def not_emulated(what: str, remedy: str = "leave it out to run locally") -> ServiceError:
    """The error for what AWS has and this service lacks.

    It is never ignored, so that no test passes by accident. The status is 501, because SDKs retry
    other errors from 500 on.
    """
    return ServiceError("NotEmulated", f"{what} is not emulated by localcloud: {remedy}", 501)


def refuse_members(given: dict[str, Any], members: tuple[str, ...], place: str) -> None:
    """Raise `NotEmulated` when one of these members is given; `place` is put before its name."""
    for member in members:
        if given.get(member):
            raise not_emulated(f"{place}{member}")


def could_not_find(kind: str, arn: str) -> ServiceError:
    """The error of SageMaker hosting for a missing model, endpoint config or endpoint."""
    return validation_error(f'Could not find {kind} "{arn}".')


def already_exists(kind: str, arn: str) -> ServiceError:
    """The error of SageMaker hosting for a second create with the same name."""
    return validation_error(f'Cannot create already existing {kind} "{arn}".')
