"""Attention for rows laid end to end, computed segment by segment.

PyTorch's attention on a CPU takes rows laid end to end as one long sequence with a mask. It works
out every pair of tokens and throws most of them away: with eight rows, a third of a training step.
Segment by segment nothing is thrown away and the result is the same (20% more tokens/s in all).
"""

from functools import lru_cache
from typing import Any, Final

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME: Final = "sdpa_by_segment"
NO_PARENT: Final = -1
"""The parent of a segment that continues no other."""


def attend_by_segment(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend within each segment of a batch, and to the segments that it continues.

    `query`, `key` and `value` are (1, heads, tokens, head size). The collator passes the segments'
    boundaries as `cu_seq_lens_q` and, for each segment, the index of the segment that it continues
    as `segment_parents` (NO_PARENT for none); a parent stands before its children. The result is
    (1, tokens, heads, head size).
    """
    if attention_mask is not None:  # transformers builds none for an attention it does not know
        raise ValueError("attention by segment makes its own masks")
    lengths = options.pop("cu_seq_lens_q").diff().tolist()
    parents = options.pop("segment_parents").tolist()
    window = options.get("sliding_window")
    queries, keys, values = (list(torch.split(x, lengths, dim=2)) for x in (query, key, value))
    attended = []
    for at, parent in enumerate(parents):
        if parent != NO_PARENT:  # from here on the parent's keys hold those of its own parents
            keys[at] = torch.cat([keys[parent], keys[at]], dim=2)
            values[at] = torch.cat([values[parent], values[at]], dim=2)
        mask = _mask(lengths[at], keys[at].shape[2], window)
        attended.append(
            sdpa_attention_forward(module, queries[at], keys[at], values[at], mask, **options)[0]
        )
    return torch.cat(attended, dim=1), None


@lru_cache(maxsize=512)  # every layer asks for the same masks
def _mask(queries: int, keys: int, window: int | None) -> torch.Tensor | None:
    """None for plain causal attention; else which of `keys` each of the last `queries` may see."""
    if queries == keys and (window is None or keys <= window):
        return None
    before = keys - queries
    mask = torch.ones(1, 1, queries, keys, dtype=torch.bool).tril(before)
    return mask if window is None else mask.triu(before + 1 - window)


AttentionInterface.register(NAME, attend_by_segment)
