"""Ask an endpoint how likely a model makes the answers or the text of a test row.

A chat template writes marks around the messages, and the endpoint lists the tokens of the whole
conversation. An answer's tokens are those after the beginning that two conversations share: of a
preference its two answers, of a judged answer the answer and the prompt alone.
"""

import time
from collections.abc import Sequence
from itertools import takewhile

from tunedrop.documents.answers import Answer, TokenLikelihood
from tunedrop.documents.rows import Message, Row
from tunedrop.evaluation.asking import AskOne
from tunedrop.evaluation.scoring.likelihood import Likelihood, LikelihoodRow, Likelihoods
from tunedrop.jobs.chat import likelihood_request, text_likelihood_request
from tunedrop.lifecycle.answering import AskEndpoint
from tunedrop.ports.services import Inference

MARKS = 8  # Tokens that are kept free for those that a tokenizer adds to a text.
MOST_PIECES = 16  # Pieces of a long text that are read; the rest of it is not.


def likelihood_asker(endpoint: str, max_length: int) -> AskEndpoint:
    """Return what asks one model for the likelihoods of one test row.

    Args:
        endpoint: its name.
        max_length: the tokens of a row in the training; a text is read in pieces of that size.
    """

    def asker(inference: Inference) -> AskOne:
        async def ask_one(model: str, row: Row) -> Answer:
            if not isinstance(row, LikelihoodRow):  # Evaluate reads the rows as such.
                raise TypeError(type(row).__name__)
            began = time.monotonic()
            conversations = _Endpoint(inference, endpoint, model)
            if row.text:
                found, read = await conversations.of_text(row.text, max_length)
            elif row.worse:
                found, read = await conversations.of_pair(row)
            else:
                found, read = await conversations.of_answer(row)
            return Answer(found.text, prompt_tokens=read, seconds=time.monotonic() - began)

        return ask_one

    return asker


class _Endpoint:
    """One model of an endpoint. The methods return likelihoods and how many tokens were read."""

    def __init__(self, inference: Inference, endpoint: str, model: str) -> None:
        self._inference, self._endpoint, self._model = inference, endpoint, model

    async def of_pair(self, row: LikelihoodRow) -> tuple[Likelihoods, int]:
        better = await self._conversation([*row.prompt, *row.completion], answered=True)
        worse = await self._conversation([*row.prompt, *row.worse], answered=True)
        found = Likelihoods(_after(better, worse), _after(worse, better))
        return found, len(better) + len(worse)

    async def of_answer(self, row: LikelihoodRow) -> tuple[Likelihoods, int]:
        prompt = await self._conversation(row.prompt, answered=False)
        whole = await self._conversation([*row.prompt, *row.completion], answered=True)
        return Likelihoods(_after(whole, prompt)), len(prompt) + len(whole)

    async def of_text(self, text: str, max_length: int) -> tuple[Likelihoods, int]:
        total, tokens = 0.0, 0
        for piece in pieces_of(text, max_length - MARKS)[:MOST_PIECES]:
            request = text_likelihood_request(self._model, piece)
            found = _sum(await self._inference.likelihoods(self._endpoint, request))
            total, tokens = total + found.logprob, tokens + found.tokens
        return Likelihoods(Likelihood(total, tokens)), tokens

    async def _conversation(
        self, messages: list[Message], *, answered: bool
    ) -> list[TokenLikelihood]:
        request = likelihood_request(self._model, messages, answered=answered)
        return await self._inference.likelihoods(self._endpoint, request)


def pieces_of(text: str, size: int) -> list[str]:
    """Cut a text into pieces of at most `size` bytes, without dividing a character.

    A token has at least one byte, so that a piece has at most `size` tokens with any tokenizer.
    """
    whole, pieces, start = text.encode(), [], 0
    while start < len(whole):
        end = min(len(whole), start + size)
        while end < len(whole) and whole[end] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character
            end -= 1
        pieces.append(whole[start:end].decode())
        start = end
    return pieces


def _after(tokens: Sequence[TokenLikelihood], other: Sequence[TokenLikelihood]) -> Likelihood:
    """Return the likelihood of the tokens after the beginning that both have in common."""
    pairs = zip(tokens, other, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0].token == pair[1].token, pairs))
    return _sum(tokens[shared:])


def _sum(tokens: Sequence[TokenLikelihood]) -> Likelihood:
    known = [each.logprob for each in tokens if each.logprob is not None]
    return Likelihood(sum(known), len(known))
