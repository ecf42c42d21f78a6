"""The likelihood of a given text, token by token: vLLM's `prompt_logprobs`.

Source: https://docs.vllm.ai/en/latest/api/vllm/sampling_params
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import torch
from transformers import DynamicCache

CHUNK: Final = 256
"""Tokens that are computed at once: the likelihoods of all words at 256 places take some 50 MB."""

IMPOSSIBLE: Final = -9999.0
"""Stands for the log likelihood minus infinity, which JSON cannot write; vLLM writes the same."""


class TokenLikelihood(NamedTuple):
    """The natural logarithm of a token's likelihood, and its rank: 1 is the likeliest token."""

    logprob: float
    rank: int


@torch.inference_mode()
def likelihoods(
    model: Any, ids: Sequence[int], cancelled: Callable[[], bool] = lambda: False
) -> list[TokenLikelihood]:
    """Return the likelihood of each token after the first, given those before it.

    The result is shorter when `cancelled` returns True meanwhile.
    """
    cache = DynamicCache(config=model.config)
    found: list[TokenLikelihood] = []
    for start in range(0, len(ids) - 1, CHUNK):
        if cancelled():
            break
        chunk = torch.tensor([ids[start : start + CHUNK]], device=model.device)
        following = torch.tensor(ids[start + 1 : start + CHUNK + 1], device=model.device)
        logits = model(input_ids=chunk, past_key_values=cache, use_cache=True).logits[0]
        ranked = logits[: len(following)].float().log_softmax(-1)
        own = ranked.gather(1, following[:, None])
        ranks = (ranked >= own).sum(-1).tolist()
        values = own[:, 0].clamp(min=IMPOSSIBLE).tolist()
        found += map(TokenLikelihood, values, ranks)
    return found
