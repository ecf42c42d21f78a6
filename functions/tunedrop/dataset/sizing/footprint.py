"""What a preparation takes; by itself, for the functions that do not prepare load no reader."""

from typing import NamedTuple


class Footprint(NamedTuple):
    """What a preparation is expected to take: rows, unpacked bytes, and bytes of memory."""

    rows: int
    unpacked: int
    memory: int
