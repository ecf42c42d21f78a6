"""The kept rows of a file whose checked rows do not fit on the disk: read and checked again."""

from collections.abc import Iterator, Sequence

from tunedrop.dataset.examine import Examination, Examiner
from tunedrop.dataset.readers.parts import Parts
from tunedrop.dataset.spool import Again


def rereading(table: Parts, examination: Examination) -> Again:
    """Return what gives encoded rows once more; the same rows come out the same."""

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
