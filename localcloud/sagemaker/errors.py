"""The errors this service answers with, in the words AWS uses.

ServiceError (localcloud.service)   an AWS error answer
ContractError                     a job or an endpoint ends as Failed; the text is the reason
"""

from __future__ import annotations

from typing import Any

from localcloud.service import ServiceError


class ContractError(Exception):
    """A job or endpoint cannot go on; the message becomes its FailureReason."""


def validation_error(message: str) -> ServiceError:
    """A request that SageMaker refuses."""
    return ServiceError("ValidationException", message)


def not_emulated(what: str, remedy: str = "leave it out to run locally") -> ServiceError:
    """AWS has it, this service has not; never ignored, so that no test passes by accident.

    501 rather than another 5xx: SDKs do not try it again.
    """
    return ServiceError("NotEmulated", f"{what} is not emulated by localcloud: {remedy}", 501)


def refuse_members(given: dict[str, Any], members: tuple[str, ...], place: str) -> None:
    """Raise `NotEmulated` when one of these members is given; `place` stands before its name."""
    for member in members:
        if given.get(member):
            raise not_emulated(f"{place}{member}")


def could_not_find(kind: str, arn: str) -> ServiceError:
    """What SageMaker hosting says of a missing model, endpoint config or endpoint."""
    return validation_error(f'Could not find {kind} "{arn}".')


def already_exists(kind: str, arn: str) -> ServiceError:
    """What SageMaker hosting says of a second create with the same name."""
    return validation_error(f'Cannot create already existing {kind} "{arn}".')
