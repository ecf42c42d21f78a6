"""The predicted size of a preparation.

It is apart from `predict`, so that the other functions can use it without importing the readers.
"""

from typing import NamedTuple


class Footprint(NamedTuple):
    """The predicted rows, unpacked bytes and bytes of memory of a preparation."""

    rows: int
    unpacked: int
    memory: int
