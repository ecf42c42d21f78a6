"""What the processes of one training job agree on."""

from typing import TypeVar

from torch import distributed

Value = TypeVar("Value")


def agreed(value: Value) -> Value:
    """Return the first process's value in every process of a job; collective if there are more."""
    if not _are_several():
        return value
    shared = [value]
    distributed.broadcast_object_list(shared, src=0)
    return shared[0]


def is_first_process() -> bool:
    """Return whether this process writes what all processes of the job share."""
    return not _are_several() or distributed.get_rank() == 0


def _are_several() -> bool:
    return distributed.is_available() and distributed.is_initialized()
