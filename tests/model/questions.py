"""Asking an endpoint in the model: one question after the other, without connections or pauses.

The real client keeps connections of its own, and the real `ask` sends 64 requests at a time and
pauses by the real clock. Both have tests of their own. In the model only one thread may run.
"""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self, TypeVar

from botocore import exceptions
from botocore.exceptions import ClientError, HTTPClientError

from tunedrop.documents.answers import Answer, Question, TokenLikelihood
from tunedrop.documents.rows import Row
from tunedrop.errors import HostingError
from tunedrop.evaluation.asking import Asked, AskingLimits, AskOne, Note
from tunedrop.ports.services import BusyError, Inference, Request

Found = TypeVar("Found")
TRIES = 5
PAUSE = 1.0  # Seconds of the model's clock between two tries.


class ModelInference:
    """The runtime of the model's AWS as `tunedrop.ports.services.Inference`."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass

    async def chat(self, endpoint: str, payload: Request) -> Answer:
        """Ask once; raises BusyError for every error but that of an endpoint that is gone."""
        choice = self._ask(endpoint, payload)["choices"][0]
        return Answer(choice["message"]["content"])

    async def likelihoods(self, endpoint: str, payload: Request) -> list[TokenLikelihood]:
        """Ask once for the likelihoods of a prompt; raises as `chat`."""
        scored = self._ask(endpoint, payload)["prompt_logprobs"]
        return [
            TokenLikelihood(int(token), one["logprob"])
            for position in scored
            for token, one in (position or {"-1": {"logprob": None}}).items()
        ]

    def _ask(self, endpoint: str, payload: Request) -> Any:
        body = json.dumps(payload).encode()
        try:
            answer = self.client.invoke_endpoint(
                EndpointName=endpoint, ContentType="application/json", Body=body
            )
        except (ClientError, exceptions.ConnectionError, HTTPClientError) as error:
            final = HostingError(f"{endpoint} stopped answering: {error}", "Drop the file again.")
            if isinstance(error, ClientError) and error.response["Error"]["Code"].startswith("Val"):
                raise final from error
            raise BusyError("unavailable", final) from error
        return json.loads(answer["Body"].read())


async def ask_in_turn(
    rows: Sequence[Row], ask_one: AskOne, *, known: Asked, limits: AskingLimits, note: Note
) -> Asked:
    """Ask as `tunedrop.evaluation.asking.ask` does, but one question at a time."""
    assert limits.concurrency
    found = dict(known.found)
    for question in (Question(at, model) for at in range(len(rows)) for model in known.models):
        if question not in found:
            asked = partial(ask_one, question.model, rows[question.at])
            found[question] = await _obtain(asked)
    new = {question: each for question, each in found.items() if question not in known.found}
    note(new, len(found), known.total)
    return replace(known, found=found)


async def score_in_turn(
    inference: Inference, endpoint: str, requests: Sequence[Request]
) -> list[list[TokenLikelihood]]:
    """Ask as `tunedrop.lifecycle.serving_check.scored` does, with the model's clock."""
    return [await _obtain(partial(inference.likelihoods, endpoint, each)) for each in requests]


async def _obtain(ask: Callable[[], Awaitable[Found]]) -> Found:
    for number in range(TRIES):
        try:
            return await ask()
        except BusyError as busy:
            if number == TRIES - 1:
                raise busy.final from busy
            time.sleep(PAUSE)  # noqa: ASYNC251 - the model's clock
    raise AssertionError("unreachable")
