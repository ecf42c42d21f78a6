"""Compute the common beginning of several rows of a batch once.

The rows of a fine-tuning dataset often share a system prompt, an instruction or examples. A batch
is laid out as a tree of segments: it has the tokens with which several rows begin once, and every
row's own tokens attend to them (see attention_by_segment). The loss and its gradients stay the
same. The demo's tweets share 31 of 75 tokens, so a step computes a third fewer tokens.

With LoRA dropout, rows that share tokens also share which inputs of these tokens are dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, takewhile
from typing import Any, Final, NamedTuple

import torch

from tuning.row_fitting import IGNORED
from tuning.speed.attention_by_segment import NO_PARENT

WORTH_SHARING: Final = 8
"""Common tokens become a segment of their own when there are at least this many. A segment costs an
attention call in every layer, which takes as much time as about this many tokens."""


class Row(NamedTuple):
    """A tokenized row, and how many of its first tokens may be shared with other rows."""

    ids: list[int]
    labels: list[int]
    shareable: int
    """At most the tokens before the prompt's last one. From the prompt's last token the loss of the
    first answer token is computed, so that token must be the row's own."""


@dataclass(slots=True)
class BatchLayout:
    """A batch as a tree of segments, laid end to end, each parent before its children."""

    ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    """The position of each token in its row."""

    boundaries: list[int] = field(default_factory=lambda: [0])
    """The index at which each segment begins, and that at which the last one ends."""

    parents: list[int] = field(default_factory=list)
    """For each segment, the index of the segment that it continues, or NO_PARENT."""

    def append(self, row: Row, start: int, end: int, parent: int) -> int:
        """Add the tokens [start, end) of a row as a segment and return the segment's index."""
        self.ids += row.ids[start:end]
        self.labels += [IGNORED, *row.labels[start + 1 : end]]
        self.positions += range(start, end)
        self.boundaries.append(len(self.ids))
        self.parents.append(parent)
        return len(self.parents) - 1


def as_row(ids: list[int], labels: list[int]) -> Row:
    """Make a Row. Its tokens before the first trained one may be shared, except the last."""
    masked = sum(1 for _ in takewhile(lambda label: label == IGNORED, labels))
    return Row(ids, labels, max(0, masked - 1))


def lay_out(rows: Sequence[Row], *, share: bool = True) -> BatchLayout:
    """Lay out a batch of rows. Without `share`, each row is a segment of its own."""
    layout = BatchLayout()
    if share:
        _add_tree(layout, sorted(rows), 0, NO_PARENT)
    else:
        for row in rows:
            layout.append(row, 0, len(row.ids), NO_PARENT)
    return layout


def _add_tree(layout: BatchLayout, rows: list[Row], start: int, parent: int) -> None:
    """Add sorted rows. Their first `start` tokens are in `parent` and the segments before it."""
    if len(rows) == 1:
        layout.append(rows[0], start, len(rows[0].ids), parent)
        return
    alike = _common_length(rows)
    if alike - start >= WORTH_SHARING:
        parent = layout.append(rows[0], start, alike, parent)
        start = alike
    for row in (row for row in rows if row.shareable <= alike):
        layout.append(row, start, len(row.ids), parent)
    longer = (row for row in rows if row.shareable > alike)
    for _, group in groupby(longer, key=lambda row: row.ids[alike]):
        _add_tree(layout, list(group), start, parent)


def _common_length(rows: list[Row]) -> int:
    """Return how many first tokens sorted rows share: the first and the last row differ most."""
    limit = min(row.shareable for row in rows)
    pairs = zip(rows[0].ids[:limit], rows[-1].ids[:limit], strict=True)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@dataclass(frozen=True, slots=True)
class SegmentCollator:
    """Makes the model's inputs from a batch of rows, in place of TRL's collator."""

    share: bool

    def __call__(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Return tensors of shape (1, tokens), the segments, and the number of `saved_tokens`."""
        rows = [as_row(example["input_ids"], example["labels"]) for example in examples]
        layout = lay_out(rows, share=self.share)
        return {
            "input_ids": torch.tensor([layout.ids]),
            "labels": torch.tensor([layout.labels]),
            "position_ids": torch.tensor([layout.positions]),
            "cu_seq_lens_q": torch.tensor(layout.boundaries, dtype=torch.int32),
            "segment_parents": torch.tensor(layout.parents),
            "seq_idx": _segment_of_each_token(layout),  # for layers of linear attention
            "saved_tokens": sum(len(row.ids) for row in rows) - len(layout.ids),
        }


def _segment_of_each_token(layout: BatchLayout) -> torch.Tensor:
    lengths = torch.tensor(layout.boundaries).diff()
    return torch.repeat_interleave(torch.arange(len(lengths), dtype=torch.int32), lengths)[None]
