"""Generate for several conversations at once, each with its own settings, stopping each in time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from transformers import DynamicCache, PreTrainedTokenizerBase

from serving.sampling import Sampler

FinishReason = Literal["stop", "length"]
WORTH_SHARING = 8
"""Tokens that prompts must have in common before these are read by themselves."""


@dataclass(slots=True, eq=False)
class Conversation:
    """One prompt that is being answered."""

    prompt_ids: list[int]
    max_tokens: int
    sampler: Sampler
    stop: tuple[str, ...] = ()
    answer_ids: list[int] = field(default_factory=list)
    text: str = ""
    finish_reason: FinishReason | None = None

    def add(self, token: int, end_ids: Collection[int], tokenizer: PreTrainedTokenizerBase) -> None:
        """Take the next token, and finish if it is the last."""
        self.answer_ids.append(token)
        if token in end_ids:
            self._finish("stop", tokenizer)
        elif self.stop and self._reaches_stop(tokenizer):
            self.finish_reason = "stop"
        elif len(self.answer_ids) >= self.max_tokens:
            self._finish("length", tokenizer)

    def _finish(self, reason: FinishReason, tokenizer: PreTrainedTokenizerBase) -> None:
        self.text = _decode(tokenizer, self.answer_ids)
        self.finish_reason = reason

    def _reaches_stop(self, tokenizer: PreTrainedTokenizerBase) -> bool:
        text = _decode(tokenizer, self.answer_ids)
        found = [text.index(stop) for stop in self.stop if stop in text]
        if found:
            self.text = text[: min(found)]
        return bool(found)


def _decode(tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=True))


@torch.inference_mode()
def answer(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    conversations: list[Conversation],
    *,
    end_ids: Collection[int],
    cancelled: Callable[[], bool],
) -> None:
    """Generate until every conversation is finished, or until `cancelled` says so.

    Prompts are padded on the left, so that the next token of each stands in the last column; the
    padding is masked and the positions count from each prompt's first token, so what stands beside
    a prompt does not change its answer. What all prompts begin with, such as the instructions of a
    classification, is read once for all of them. Whoever finishes leaves the batch at once.
    """
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(end_ids)
    prompts = [c.prompt_ids for c in conversations]
    shared = common_beginning(prompts)
    ids, mask = _pad_left([p[len(shared) :] for p in prompts], pad)
    ids = ids.to(model.device)
    mask = torch.cat([mask.new_ones(len(prompts), len(shared)), mask], dim=1).to(model.device)
    cache = _read_shared(model, shared, len(prompts))
    live = conversations
    while live and not cancelled():
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        logits = model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache,
            use_cache=True, logits_to_keep=1,
        ).logits[:, -1].float()  # fmt: skip
        for row, conversation in enumerate(live):
            conversation.add(conversation.sampler.choose(logits[row]), end_ids, tokenizer)
        going = [row for row, c in enumerate(live) if c.finish_reason is None]
        if len(going) < len(live):
            cache.batch_select_indices(torch.tensor(going, dtype=torch.long, device=ids.device))
            mask = mask[going]
            live = [live[row] for row in going]
        ids = torch.tensor([[c.answer_ids[-1]] for c in live], device=ids.device)
        mask = torch.cat([mask, mask.new_ones(len(live), 1)], dim=1)


def common_beginning(prompts: list[list[int]]) -> list[int]:
    """Give the tokens that all prompts begin with, leaving each at least one of its own.

    Empty when that would save less than a pass of its own costs.
    """
    shortest = min(map(len, prompts))
    length = 0
    while length < shortest - 1 and len({p[length] for p in prompts}) == 1:
        length += 1
    return prompts[0][:length] if len(prompts) > 1 and length >= WORTH_SHARING else []


def _read_shared(model: Any, shared: list[int], rows: int) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    if shared:
        ids = torch.tensor([shared], device=model.device)
        model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(rows)
    return cache


def _pad_left(prompts: list[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, prompts))
    ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    return ids, mask
