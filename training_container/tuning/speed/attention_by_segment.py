"""Attention on a CPU for rows laid end to end, computed segment by segment.

PyTorch treats rows laid end to end as one long sequence with a mask. On a CPU it computes every
pair of tokens and discards most of them; with eight rows a batch that is a third of a training
step. Segment by segment nothing is discarded. The result is the same, and a step trains 20% more
tokens a second.
"""

from functools import lru_cache
from typing import Any, Final

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME: Final = "sdpa_by_segment"
"""The name under which transformers knows this attention."""

NO_PARENT: Final = -1
"""The parent of a segment that continues no other segment."""


def attend_by_segment(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend within each segment of a batch, and to the segments that it continues.

    Args:
        module: the attention layer.
        query: shape (1, heads, tokens, head size).
        key: shape as `query`, with the layer's number of key and value heads.
        value: shape as `key`.
        attention_mask: always None.
        options: those of transformers, and two from SegmentCollator. `cu_seq_lens_q` has the
            segments' boundaries. `segment_parents` has, for each segment, the index of the segment
            that it continues, or NO_PARENT; a parent comes before its children.

    Returns:
        The attended values, shape (1, tokens, heads, head size), and no attention weights.
    """
    if attention_mask is not None:  # transformers makes none for an attention that is not its own
        raise ValueError("attention by segment makes its own masks")
    lengths = options.pop("cu_seq_lens_q").diff().tolist()
    parents = options.pop("segment_parents").tolist()
    window = options.get("sliding_window")
    queries, keys, values = (list(torch.split(x, lengths, dim=2)) for x in (query, key, value))
    attended = []
    for at, parent in enumerate(parents):
        if parent != NO_PARENT:  # the parent's keys already include those of its own parents
            keys[at] = torch.cat([keys[parent], keys[at]], dim=2)
            values[at] = torch.cat([values[parent], values[at]], dim=2)
        mask = _mask(lengths[at], keys[at].shape[2], window)
        attended.append(
            sdpa_attention_forward(module, queries[at], keys[at], values[at], mask, **options)[0]
        )
    return torch.cat(attended, dim=1), None


@lru_cache(maxsize=512)  # every layer needs the same masks
def _mask(queries: int, keys: int, window: int | None) -> torch.Tensor | None:
    """Return which of the `keys` each of the last `queries` may see; None for causal attention."""
    if queries == keys and (window is None or keys <= window):
        return None
    before = keys - queries
    mask = torch.ones(1, 1, queries, keys, dtype=torch.bool).tril(before)
    return mask if window is None else mask.triu(before + 1 - window)


AttentionInterface.register(NAME, attend_by_segment)
