"""Choose the next token from its logits."""

import torch


class Sampler:
    """Temperature and top-p sampling with a generator of its own, or the likeliest token at 0.

    Every conversation has its own generator, so a seed gives the same answer in any company.
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
        """Take one row of logits and give the id of the token chosen."""
        if self._temperature == 0:
            return int(logits.argmax())
        likelihood = torch.softmax(logits.cpu() / self._temperature, dim=-1)
        ranked, ids = likelihood.sort(descending=True)
        before = ranked.cumsum(-1) - ranked
        ranked[before >= self._top_p] = 0  # the token that crosses top_p is still in
        return int(ids[torch.multinomial(ranked, 1, generator=self._generator)])
