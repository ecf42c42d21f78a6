"""Generate answers for several conversations at once, each with its own settings."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from transformers import DynamicCache, PreTrainedTokenizerBase

from serving.likelihood import TokenLikelihood

FinishReason = Literal["stop", "length"]
"""Why an answer ended: at an end-of-turn token or a stop string, or at max_tokens."""

WORTH_SHARING = 8
"""The common beginning of prompts is computed once when it has at least this many tokens."""


class Sampler:
    """Chooses tokens by temperature and top-p sampling, or the likeliest token at temperature 0.

    Every conversation has a generator of its own, so that a seed gives the same answer whatever
    else is in the batch.
    """

    def __init__(self, temperature: float, top_p: float, seed: int | None) -> None:
        self._temperature = temperature
        self._top_p = top_p
        self._generator = torch.Generator()
        if seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(seed)

    def choose(self, logits: torch.Tensor) -> int:
        """Return the id of the next token; `logits` has the shape (vocabulary,)."""
        if self._temperature == 0:
            return int(logits.argmax())
        likelihood = torch.softmax(logits.cpu() / self._temperature, dim=-1)
        ranked, ids = likelihood.sort(descending=True)
        before = ranked.cumsum(-1) - ranked
        ranked[before >= self._top_p] = 0  # keeps the token whose likelihood reaches top_p
        return int(ids[torch.multinomial(ranked, 1, generator=self._generator)])


@dataclass(slots=True, eq=False)
class Conversation:
    """A prompt and its answer so far. `finish_reason` is None until the answer is complete.

    `prompt_likelihoods` has one for each token of the prompt after the first, if they are wanted.
    """

    prompt_ids: list[int]
    max_tokens: int
    sampler: Sampler
    stop: tuple[str, ...] = ()
    wants_likelihoods: bool = False
    prompt_likelihoods: list[TokenLikelihood] = field(default_factory=list)
    answer_ids: list[int] = field(default_factory=list)
    text: str = ""
    finish_reason: FinishReason | None = None

    def add(self, token: int, end_ids: Collection[int], tokenizer: PreTrainedTokenizerBase) -> None:
        """Add the next token, and finish the answer if it is the last one."""
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
        """Return whether the answer has a stop string; if so, keep the text before the first."""
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
    """Generate until every conversation is finished, or until `cancelled` returns True.

    Prompts are padded on the left, so that the next token of each is in the last column. The
    padding is masked and positions count from each prompt's first token, so the other prompts of a
    batch do not change an answer. The beginning that all prompts share, such as the instructions
    of a classification, is computed once. A finished conversation leaves the batch at once.
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
    """Return the tokens with which all prompts begin, so that each keeps at least one of its own.

    The result is empty when there are fewer than WORTH_SHARING: computing so few separately saves
    no time.
    """
    shortest = min(map(len, prompts))
    length = 0
    while length < shortest - 1 and len({p[length] for p in prompts}) == 1:
        length += 1
    return prompts[0][:length] if len(prompts) > 1 and length >= WORTH_SHARING else []


def _read_shared(model: Any, shared: list[int], rows: int) -> DynamicCache:
    """Return a cache with the shared tokens for each of the rows."""
    cache = DynamicCache(config=model.config)
    if shared:
        ids = torch.tensor([shared], device=model.device)
        model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(rows)
    return cache


def _pad_left(prompts: list[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and attention mask, both of shape (prompts, tokens of the longest prompt)."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    return ids, mask
