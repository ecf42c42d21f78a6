"""Checked rows, kept on disk from the reading of the file until the splits are written."""

from __future__ import annotations  # an array has no type parameter before Python 3.12

import os
import shutil
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Self

from tunedrop.dataset.examining.examine import Examination, Examiner

if TYPE_CHECKING:
    from tunedrop.dataset.readers.parts import Parts

ReadAgain = Callable[[Sequence[int]], Iterator[bytes]]
"""Reads the rows with these ascending numbers from the source again."""

BLOCK = 1 << 18  # Bytes read at once.
SHARE_OF_DISK = 0.4  # Share of the free disk space that the spool may use.


class Spool:
    """Encoded rows in the order of the source; a context manager."""

    def __init__(self, *, limit: int | None = None, again: ReadAgain | None = None) -> None:
        """Create an empty spool.

        Args:
            limit: bytes that may be written. Beyond it the spool is given up and `again` is used.
            again: reads the rows again that a given up spool no longer holds.
        """
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by __exit__
        self._limit = room_for_spool() if limit is None else limit
        self._again = again
        self._written = 0
        self._ends: array[int] | None = None
        self.rows = array("I")
        self.sizes = array("I")
        self.is_given_up = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, encoded: bytes | bytearray, rows: array[int], sizes: array[int]) -> None:
        """Append encoded rows with their numbers in the source and their sizes in bytes."""
        self.rows.extend(rows)
        self.sizes.extend(sizes)
        if self._written + len(encoded) > self._limit and self._again is not None:
            self.is_given_up = True
            self._file.truncate(0)
        if self.is_given_up:
            return
        with memoryview(encoded) as view:
            done = 0
            while done < len(view):
                done += self._file.write(view[done:])
        self._written += len(encoded)

    def blocks(self) -> Iterator[memoryview]:
        """Yield all bytes in order; each block is valid until the next one."""
        self._file.seek(0)
        buffer = bytearray(BLOCK)
        view = memoryview(buffer)
        while size := self._file.readinto(buffer):
            yield view[:size]

    def lines(self) -> Iterator[bytes]:
        """Yield the encoded rows, each with its newline."""
        if self.is_given_up and self._again is not None:
            yield from self._again(self.rows)
            return
        self._file.seek(0)
        with open(self._file.fileno(), "rb", buffering=BLOCK, closefd=False) as lines:
            yield from lines

    def lines_at(self, positions: Sequence[int]) -> Iterator[bytes]:
        """Yield the encoded rows at these ascending positions."""
        if self.is_given_up and self._again is not None:
            yield from self._again([self.rows[at] for at in positions])
            return
        yield from map(self.line_at, positions)

    def line_at(self, at: int) -> bytes:
        """Return one encoded row of a complete spool that was not given up."""
        if self._ends is None:
            self._ends = array("Q", accumulate(self.sizes))
        # `pread` does not move the position of other readers.
        return os.pread(self._file.fileno(), self.sizes[at], self._ends[at] - self.sizes[at])


def room_for_spool() -> int:
    """Return how many bytes the spool may use; the split files need space too."""
    return int(shutil.disk_usage(tempfile.gettempdir()).free * SHARE_OF_DISK)


def reader_of_rows(table: Parts, examination: Examination) -> ReadAgain:
    """Return a function that reads and examines rows again, with the same result."""

    def again(rows: Sequence[int]) -> Iterator[bytes]:
        examiner = Examiner(examination)
        wanted = iter(rows)
        row = next(wanted, None)
        for chunk in table.chunks():
            batch = examiner.examine(chunk)
            start = 0
            for number, size in zip(batch.rows, batch.sizes, strict=True):
                if number == row:
                    yield bytes(batch.encoded[start : start + size])
                    row = next(wanted, None)
                start += size

    return again
