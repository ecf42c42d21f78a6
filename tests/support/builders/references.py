"""A model whose tokens are characters, and the likelihoods that its training job recorded."""

from collections.abc import Iterable, Mapping
from typing import Any

from tunedrop.documents.answers import TokenLikelihood
from tunedrop.documents.rows import Row
from tunedrop.documents.served import Reference, ReferenceRow
from tunedrop.jobs.chat import likelihood_request

LIKELIHOODS = {"base": -1.0, "tuned": -0.25}


def likelihoods_of(payload: Mapping[str, Any]) -> list[TokenLikelihood]:
    """Return what such a model answers to a request for likelihoods."""
    assert payload["prompt_logprobs"] == 0
    text = payload.get("prompt") or "".join(turn["content"] for turn in payload["messages"])
    logprob = LIKELIHOODS[payload["model"]]
    return [
        TokenLikelihood(-1, None),
        *(TokenLikelihood(ord(character), logprob) for character in text[1:]),
    ]


def reference_for(rows: Iterable[Row], precision: str = "float32") -> Reference:
    """Return what the job recorded about these rows."""
    return Reference(1, precision, [_recorded(row) for row in rows])


def _recorded(row: Row) -> ReferenceRow:
    conversation = [*row.prompt, *row.completion]
    text = "".join(message.content for message in conversation)
    scores = {
        model: [each.logprob or 0.0 for each in scored[1:]]
        for model in LIKELIHOODS
        for scored in [likelihoods_of(likelihood_request(model, conversation))]
    }
    return ReferenceRow(
        row=row.row,
        ids=[ord(character) for character in text],
        answer_from=len(text) - len(row.completion[-1].content),
        base=scores["base"],
        tuned=scores["tuned"],
    )
