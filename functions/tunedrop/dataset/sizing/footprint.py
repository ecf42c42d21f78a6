"""What a preparation needs. A module of its own, so that other functions import no readers."""

from typing import NamedTuple


class Footprint(NamedTuple):
    """The predicted rows, unpacked bytes and bytes of memory of a preparation."""

    rows: int
    unpacked: int
    memory: int
