"""Obtain all answers, in as many invocations of the function as that takes.

An invocation saves its answers every few seconds. When its time is nearly over, it sends no further
request, saves what has come and ends; the arrival of `continue.json` calls the next one. If it is
killed, Lambda's retry or `sweep` goes on from what was saved.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from tunedrop.documents import keys
from tunedrop.documents.answers import Continuation
from tunedrop.documents.rows import Row
from tunedrop.documents.run import Run
from tunedrop.errors import EvaluationError
from tunedrop.evaluation.asking import MODELS, Asked, AskingLimits, AskOne, Found, ask
from tunedrop.lifecycle.step import ProgressWriter, Step
from tunedrop.ports.services import Inference
from tunedrop.runs.answer_parts import AnswerParts
from tunedrop.runs.repository import Held, encode

CONCURRENCY = 64  # Requests to the endpoint at the same time.
PART_SECONDS = 10.0  # Time between two parts; at most the answers of this time are lost by a kill.
# Seconds at the end of an invocation for the judgement, the report and the email, and before that
# for answers under way, which take a minute at most. Each is at most this share of the invocation.
REPORT_SECONDS, ANSWER_SECONDS, LARGEST_SHARE = 60.0, 70.0, 0.25
MAX_HOURS = 4.0  # The longest evaluation. Its endpoint costs money by the hour.

AskEndpoint = Callable[[Inference], AskOne]


def obtain_answers(  # noqa: PLR0913, PLR0917 - what asking consists of
    held: Held,
    step: Step,
    rows: Sequence[Row],
    inference: Inference,
    asker: AskEndpoint,
    models: Sequence[str] = MODELS,
) -> Asked:
    """Return all answers, or those so far when a fresh invocation has to go on.

    Args:
        held: the run, claimed.
        step: the function's step; its time limits the asking.
        rows: the test rows.
        inference: asks the endpoint.
        asker: makes of it what asks one model one row.
        models: who is asked; the base model and the tuned model at least.

    Raises:
        EvaluationError: no answer came in this invocation, or the evaluation would take too long.
        TunedropError: the endpoint cannot answer.
    """
    parts = AnswerParts(step.runs.store, held.run)
    found, seconds = parts.read()
    before = Asked(found, len(rows), seconds, models)
    if before.is_complete:
        return before
    writer = AnswerWriter(parts, ProgressWriter(held, step, "answers"))
    limits = limits_of(step.invocation.seconds)

    async def asked() -> Asked:
        async with inference:
            return await ask(rows, asker(inference), known=before, limits=limits, note=writer)

    after = asyncio.run(asked())
    writer.finish()
    if not after.is_complete:
        _check_speed(before, after, step.invocation.seconds)
    return after


def limits_of(seconds: float) -> AskingLimits:
    """Return when an invocation of this length stops to send requests and to wait for answers."""
    waiting = seconds - min(REPORT_SECONDS, seconds * LARGEST_SHARE)
    return AskingLimits(
        concurrency=CONCURRENCY,
        sending_seconds=waiting - min(ANSWER_SECONDS, seconds * LARGEST_SHARE),
        waiting_seconds=waiting,
    )


class AnswerWriter:
    """Saves the answers in parts and writes the progress; `ask` calls it every few seconds."""

    def __init__(self, parts: AnswerParts, progress: ProgressWriter) -> None:
        self._parts = parts
        self._progress = progress
        self._unsaved: Found = {}
        self._saved = time.monotonic()

    def __call__(self, new: Found, done: int, total: int) -> None:
        """Take new answers; raises ChangedError when the run has been ended meanwhile."""
        self._unsaved |= new
        if time.monotonic() - self._saved >= PART_SECONDS:
            self.finish()
        self._progress(done, total)

    def finish(self) -> None:
        """Save what is not yet saved."""
        now = time.monotonic()
        if self._unsaved:
            self._parts.save(self._unsaved, now - self._saved)
        self._unsaved, self._saved = {}, now


def call_again(run: Run, step: Step) -> None:
    """Have a fresh invocation go on: an event tells it of this object.

    The run must be released before, or the invocation could come too early and do nothing.
    """
    key = f"{run.folder}/{keys.continuation(run.attempt)}"
    body = encode(Continuation(after_invocation=step.invocation.id))
    step.runs.store.write(key, body, "application/json")


def _check_speed(before: Asked, after: Asked, seconds: float) -> None:
    """Raise EvaluationError when the evaluation would not end in a reasonable time."""
    remedy = (
        "in recipe.yaml, or choose a faster instance in deploy.instances; then drop the dataset "
        "again."
    )
    done, total = len(after.found), after.total
    if done == len(before.found):
        raise EvaluationError(
            f"No answer came in the {seconds:.0f} seconds of one invocation "
            f"({done} of {total} had come before).",
            f"Lower generation.max_tokens {remedy}",
        )
    hours = after.seconds / done * total / 3600
    if hours > MAX_HOURS:
        affordable = max(1, int(after.rows * MAX_HOURS / hours * 0.8))  # A fifth is reserve.
        raise EvaluationError(
            f"Only {done} of {total} answers came in {after.seconds / 60:.0f} minutes, so that all "
            f"would take {hours:.1f} hours; {MAX_HOURS:g} are the most.",
            f"Lower rows.max_test to {affordable} or generation.max_tokens {remedy}",
        )
