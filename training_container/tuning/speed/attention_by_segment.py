"""Attention for rows laid end to end, computed row by row.

PyTorch's attention on a CPU takes rows laid end to end as one long sequence with a mask, and works
out every pair of tokens only to throw most away: with eight rows, a third of a training step. Row
by row nothing is thrown away and the result is the same (a fifth more tokens/s in all).
"""

from typing import Any, Final

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME: Final = "sdpa_by_sequence"


def attend_by_sequence(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend within each sequence of a batch that TRL's padding-free collator laid end to end.

    `query`, `key` and `value` are (1, heads, tokens, head size); the collator passes the sequences'
    boundaries as `cu_seq_lens_q`. The result is (1, tokens, heads, head size).
    """
    if attention_mask is not None:  # transformers builds none for an attention it does not know
        raise ValueError("attention by sequence makes its own masks")
    lengths = options.pop("cu_seq_lens_q").diff().tolist()
    parts = zip(*(torch.split(x, lengths, dim=2) for x in (query, key, value)), strict=True)
    window = options.get("sliding_window")
    attended = [
        sdpa_attention_forward(module, q, k, v, _window_mask(q, window), **options)[0]
        for q, k, v in parts
    ]
    return torch.cat(attended, dim=1), None


def _window_mask(query: torch.Tensor, window: int | None) -> torch.Tensor | None:
    """None for plain causal attention; a band when the sequence is longer than the window."""
    length = query.shape[2]
    if window is None or length <= window:
        return None
    return torch.ones(length, length, dtype=torch.bool).tril().triu(1 - window)


AttentionInterface.register(NAME, attend_by_sequence)
