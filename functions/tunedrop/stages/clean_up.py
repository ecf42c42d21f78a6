"""Before the stack is deleted: stop its jobs, delete its endpoints, endpoint configs and models.

They are found by their tag and not by the documents in the bucket, so that nothing is left that
run.json does not name. The functions that start jobs and endpoints are deleted before.
"""

import time
from collections.abc import Sequence

from tunedrop.ports.sagemaker import StackResource, StackResources

# Statuses of a stack that is going away; ROLLBACK is that of a creation that failed. The function
# is also called in an update that is rolled back, and then the stack's endpoints must stay.
GOING = ("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")
PAUSE_SECONDS = 5.0  # Between two looks. An endpoint that is being created cannot be deleted yet.
EMPTY_LOOKS = 2  # In a row: an invocation of a deleted function may still create something.
LISTED = 10  # Resources that an error names.


class LeftoversError(Exception):
    """Something that costs money could not be removed in time; the text names it."""


def is_being_deleted(status: str) -> bool:
    """Return whether a stack with this status is going away."""
    return status in GOING


def clean_up(resources: StackResources, seconds: float) -> str:
    """Remove everything that carries the stack's tag; return how much, in words.

    Args:
        resources: finds and removes what carries the tag.
        seconds: how long to try.

    Raises:
        LeftoversError: something is left after that time.
    """
    until = time.monotonic() + seconds
    removed: set[str] = set()
    empty = 0
    while empty < EMPTY_LOOKS:
        found = resources.find()
        problems = [_remove(resource, resources) for resource in found]
        removed |= {f"{resource.kind} {resource.name}" for resource in found}
        empty = 0 if found else empty + 1
        if found and time.monotonic() + PAUSE_SECONDS > until:
            raise LeftoversError(_left(found, problems))
        time.sleep(PAUSE_SECONDS if empty < EMPTY_LOOKS else 0)
    return f"removed: {', '.join(sorted(removed))}" if removed else "nothing was left"


def _remove(resource: StackResource, resources: StackResources) -> str:
    """Try to remove one resource; return why it is still there, or an empty text."""
    try:
        resources.remove(resource)
    except Exception as error:  # noqa: BLE001  # the others must go all the same
        return str(error)
    return ""


def _left(found: Sequence[StackResource], problems: Sequence[str]) -> str:
    """Return what is left and why, for the person who deletes the stack."""
    named = [
        f"{resource.kind} {resource.name} ({problem or resource.status or 'not removed yet'})"
        for resource, problem in zip(found, problems, strict=True)
    ][:LISTED]
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return (
        f"Still there and perhaps billed: {', '.join(named)}{more}. Delete the stack again in some "
        "minutes; an endpoint can be deleted only once it has been created."
    )
