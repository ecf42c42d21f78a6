"""Ask the models the test rows, many at the same time; stop when one cannot be answered."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from random import Random

from tunedrop.documents.answers import Answer, Answers, Question
from tunedrop.documents.rows import Row
from tunedrop.errors import EvaluationError, TunedropError
from tunedrop.evaluation.pacing import Pace, Patience
from tunedrop.ports.services import BusyError

MODELS = ("base", "tuned")

AskOne = Callable[[str, Row], Awaitable[Answer]]
Found = dict[Question, Answer]
Note = Callable[[Found, int, int], None]

NOTE_SECONDS = 2.0  # Time between two notes of what was answered.


@dataclass(frozen=True, kw_only=True, slots=True)
class AskingLimits:
    """How the models are asked.

    `concurrency` is the largest number of requests at the same time. After `sending_seconds` no
    further request is sent, and after `waiting_seconds` answers that are under way are given up.
    """

    concurrency: int = 64
    sending_seconds: float = inf
    waiting_seconds: float = inf


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers so far, and the seconds that these and earlier invocations took."""

    found: Found
    rows: int
    seconds: float = 0.0
    models: Sequence[str] = MODELS

    @property
    def total(self) -> int:
        """The number of answers that there are to be."""
        return self.rows * len(self.models)

    @property
    def is_complete(self) -> bool:
        """Whether every row was answered by every model."""
        questions = (Question(at, model) for at in range(self.rows) for model in self.models)
        return all(question in self.found for question in questions)

    def of(self, model: str) -> list[Answer]:
        """Return one model's answers in the order of the rows."""
        return [self.found[Question(at, model)] for at in range(self.rows)]

    def answers(self) -> Answers:
        """Return the answers of all models in the order of the rows."""
        few_shot = self.of("few_shot") if "few_shot" in self.models else []
        return Answers(
            base=self.of("base"), tuned=self.of("tuned"), few_shot=few_shot, seconds=self.seconds
        )


async def ask(
    rows: Sequence[Row],
    ask_one: AskOne,
    *,
    known: Asked | None = None,
    limits: AskingLimits = AskingLimits(),
    note: Note = lambda _new, _done, _total: None,
) -> Asked:
    """Ask each model every row that it has not yet answered.

    Each row is sent to all models in succession, so that a slow phase of the endpoint affects them
    alike. Long prompts go first: an endpoint answers its requests in batches, and prompts of like
    length leave little padding in a batch. A missing answer never counts as a wrong one; it ends
    the evaluation.

    Args:
        rows: the test rows.
        ask_one: sends a row's prompt to one model, once. After a BusyError it is called again,
            later and with fewer requests at the same time; any other error is final.
        known: the models, and what earlier invocations obtained, which is not asked again; by
            default the base and the tuned model, and nothing.
        limits: of number and time.
        note: called every few seconds and at the end, in a thread of its own, with the answers
            that are new since the last call, the number of all answers and how many there are to
            be. Its errors end the asking.

    Raises:
        EvaluationError: there are no rows, or `ask_one` failed unexpectedly.
        TunedropError: raised by `ask_one`, or the endpoint stayed busy.
    """
    if not rows:
        raise EvaluationError(
            "There is no test row to ask the models.",
            "Drop more rows, or raise split.test in recipe.yaml.",
        )
    before = known or Asked({}, len(rows))
    asking = _Asking(rows, ask_one, before, limits, note)
    await asking.run()
    return replace(before, found=asking.found, seconds=before.seconds + asking.elapsed)


class _Asking:
    """The work of one call of `ask`."""

    def __init__(
        self,
        rows: Sequence[Row],
        ask_one: AskOne,
        known: Asked,
        limits: AskingLimits,
        note: Note,
    ) -> None:
        self.found = dict(known.found)
        self._total = known.total
        self._rows, self._ask_one, self._limits, self._note = rows, ask_one, limits, note
        self._began = time.monotonic()
        self._fresh: Found = {}
        self._pace = Pace(limits.concurrency, time.monotonic)
        self._patience = Patience(time.monotonic, Random())  # noqa: S311 - no secret
        order = sorted(range(len(rows)), key=lambda at: _prompt_length(rows[at]), reverse=True)
        questions = (Question(at, model) for at in order for model in known.models)
        self._queue = deque(each for each in questions if each not in known.found)

    @property
    def elapsed(self) -> float:
        """The seconds since the beginning."""
        return time.monotonic() - self._began

    async def run(self) -> None:
        """Ask until every question is answered or the time is over."""
        workers = [asyncio.create_task(self._work()) for _ in range(self._limits.concurrency)]
        pending = set(workers)
        try:
            while pending and (left := self._limits.waiting_seconds - self.elapsed) > 0:
                done, pending = await asyncio.wait(
                    pending, timeout=min(NOTE_SECONDS, left), return_when=asyncio.FIRST_EXCEPTION
                )
                for worker in done:
                    worker.result()
                await self._take_note()
        finally:
            for worker in pending:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        if self._fresh:  # Answers that came during the last note.
            await self._take_note()

    async def _take_note(self) -> None:
        new, self._fresh = self._fresh, {}
        await asyncio.to_thread(self._note, new, len(self.found), self._total)

    async def _work(self) -> None:
        while self._queue and self._may_send():
            question = self._queue.popleft()
            answer = await self._obtain(question)
            if answer is not None:
                self.found[question] = self._fresh[question] = answer

    def _may_send(self, after: float = 0.0) -> bool:
        return self.elapsed + after < self._limits.sending_seconds

    async def _obtain(self, question: Question) -> Answer | None:
        """Return the answer; None when the time was over before the endpoint gave one."""
        failures: Counter[str] = Counter()
        while True:
            sent = await self._pace.enter()
            if not self._may_send():
                self._pace.leave()
                return None
            try:
                answer = await self._answer(question)
            except BusyError as busy:
                self._pace.refused(sent)
                pause = self._patience.pause(busy, failures)
            else:
                self._pace.answered(sent)
                self._patience.answered()
                return answer
            if not self._may_send(pause):
                return None
            await asyncio.sleep(pause)

    async def _answer(self, question: Question) -> Answer:
        row = self._rows[question.at]
        try:
            return await self._ask_one(question.model, row)
        except (TunedropError, BusyError):
            raise
        except Exception as error:
            raise EvaluationError(
                f"The {question.model} model could not be asked row {row.row}: "
                f"{type(error).__name__}: {error}",
                "See the function's log for the full error; drop the dataset again to try once "
                "more.",
            ) from error


def _prompt_length(row: Row) -> int:
    return sum(len(message.content) for message in row.prompt)
