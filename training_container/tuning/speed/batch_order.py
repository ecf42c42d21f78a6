"""The order of the training rows when rows with the same beginning are put into the same batch.

When all rows share one beginning, any batch shares it, and the order can stay random. When a
dataset mixes several instructions, rows that begin alike are gathered into the same batches: the
rows are shuffled, then sorted within pools of POOLED_BATCHES batches, and the batches are shuffled
again.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import torch
from torch.utils.data import Sampler

from tuning.speed.shared_beginnings import Row, lay_out

POOLED_BATCHES: Final = 16
"""Batches that are sorted together. More batches share more tokens, but are less random."""

WORTH_GATHERING: Final = 0.05
"""The order stays random unless gathering saves at least this share of a step's tokens."""

SAMPLED_BATCHES: Final = 64
"""Batches from which that share is estimated. Each takes a hundredth of a second."""


class GatheredOrder(Sampler[int]):
    """Yields indices of rows in a random order in which the rows of a batch begin alike.

    The order depends only on the seed and the epoch, so a resumed job sees the same batches.
    """

    def __init__(self, rows: Sequence[Row], *, batch_size: int, seed: int) -> None:
        self._rank = ranks(rows)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next order. The trainer calls this before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._rank)

    def __iter__(self) -> Iterator[int]:
        random = torch.Generator().manual_seed(self._seed + self._epoch)
        order = torch.randperm(len(self._rank), generator=random).tolist()
        batches = gathered(order, self._rank, self._batch_size)
        full = len(order) // self._batch_size  # a short batch stays the last batch
        for at in [*torch.randperm(full, generator=random).tolist(), *range(full, len(batches))]:
            yield from batches[at]


def ranks(rows: Sequence[Row]) -> list[int]:
    """Return the position of each row when rows are sorted by the tokens that they may share."""
    rank = [0] * len(rows)
    order = sorted(range(len(rows)), key=lambda at: rows[at].ids[: rows[at].shareable])
    for position, at in enumerate(order):
        rank[at] = position
    return rank


def gathered(order: Sequence[int], rank: Sequence[int], batch_size: int) -> list[list[int]]:
    """Cut an order into batches of rows that begin alike, one pool of batches after the other."""
    size = batch_size * POOLED_BATCHES
    pools = (order[start : start + size] for start in range(0, len(order), size))
    lines = [sorted(pool, key=lambda at: rank[at]) for pool in pools]
    return [
        line[start : start + batch_size]
        for line in lines
        for start in range(0, len(line), batch_size)
    ]


def saved_parts(rows: Sequence[Row], *, batch_size: int, seed: int) -> tuple[float, float]:
    """Estimate the share of the tokens that is saved in random and in gathered batches."""
    random = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(rows), generator=random).tolist()
    order = order[: batch_size * SAMPLED_BATCHES]
    plain = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return _saved(rows, plain), _saved(rows, gathered(order, ranks(rows), batch_size))


def _saved(rows: Sequence[Row], batches: Sequence[Sequence[int]]) -> float:
    computed = sum(len(lay_out([rows[at] for at in batch]).ids) for batch in batches)
    return 1 - computed / sum(len(rows[at].ids) for batch in batches for at in batch)
