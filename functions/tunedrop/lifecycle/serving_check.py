"""Before the first question: does the endpoint compute what the training job computed?"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from random import Random

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.answers import TokenLikelihood
from tunedrop.documents.rows import Row
from tunedrop.documents.run import Run
from tunedrop.documents.served import Reference, ServedCheck
from tunedrop.evaluation.pacing import Patience
from tunedrop.evaluation.served import compare, require_same_base
from tunedrop.jobs.chat import likelihood_request
from tunedrop.lifecycle.reporting import artifact_file
from tunedrop.ports.services import BusyError, Inference, Request
from tunedrop.ports.store import MissingError
from tunedrop.runs.repository import Runs, encode


def check_served(
    run: Run, runs: Runs, inference: Inference, models: Sequence[str], *, calls_as_text: bool
) -> ServedCheck | None:
    """Compare the endpoint with the training job, once for an attempt of a run.

    `models` are those that the endpoint serves now: "base", "tuned" or both. The result is None
    when the job recorded nothing to compare with, or when the tuned model is not served yet.

    Raises:
        EvaluationError: the endpoint computes other likelihoods; the message names the cause.
        TunedropError: the endpoint cannot answer.
    """
    key = f"{run.folder}/{keys.served(run.attempt)}"
    try:
        return msgspec.json.decode(runs.store.read(key).body, type=ServedCheck)
    except MissingError:
        pass
    stored = artifact_file(run, runs, keys.REFERENCE)
    if stored is None:
        return None
    reference = msgspec.json.decode(stored, type=Reference)
    found = {}
    for model in models:
        requests = _requests(run, runs, reference, model, calls_as_text=calls_as_text)
        found[model] = asyncio.run(scored(inference, run.name, requests))
    if "tuned" not in found:
        require_same_base(reference, found["base"])
        return None
    check = compare(reference, found.get("base"), found["tuned"])
    runs.store.write(key, encode(check), "application/json")
    return check


def _requests(
    run: Run, runs: Runs, reference: Reference, model: str, *, calls_as_text: bool
) -> list[Request]:
    """Return a request to the model for each recorded row."""
    wanted = {each.row for each in reference.rows}
    lines = runs.store.read(f"{run.folder}/{keys.split_file('validation')}").body.splitlines()
    rows = (msgspec.json.decode(line, type=Row) for line in lines)
    found = {row.row: row for row in rows if row.row in wanted}
    return [
        likelihood_request(
            model,
            [*found[each.row].prompt, *found[each.row].completion],
            found[each.row].tools,
            calls_as_text=calls_as_text,
        )
        for each in reference.rows
    ]


async def scored(
    inference: Inference, endpoint: str, requests: list[Request]
) -> list[list[TokenLikelihood]]:
    """Return the likelihoods that the endpoint gives, one list for each request."""
    patience = Patience(time.monotonic, Random())  # noqa: S311 - no secret
    async with inference:
        return [await _once_answered(inference, endpoint, each, patience) for each in requests]


async def _once_answered(
    inference: Inference, endpoint: str, request: Request, patience: Patience
) -> list[TokenLikelihood]:
    """Ask until the endpoint answers; raises TunedropError when it does not."""
    failures: Counter[str] = Counter()
    while True:
        try:
            answer = await inference.likelihoods(endpoint, request)
        except BusyError as busy:
            await asyncio.sleep(patience.pause(busy, failures))
        else:
            patience.answered()
            return answer
