"""The answers that an evaluation has saved, so that a fresh invocation goes on where one ended."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.answers import Answer, AnswerPart, Question, SavedAnswer
from tunedrop.documents.run import Run
from tunedrop.ports.store import ExistsError, Store

READERS = 16  # Parts that are read at the same time; an evaluation of 15 minutes saves about 90.


class AnswerParts:
    """The saved answers of one attempt of a run.

    Each part is a new object that nothing replaces. Should two invocations save the same answer,
    only the one in the first part counts.
    """

    def __init__(self, store: Store, run: Run) -> None:
        self._store = store
        self._run = run
        self._parts = 0

    def read(self) -> tuple[dict[Question, Answer], float]:
        """Return the saved answers and the seconds that they took."""
        folder = self._key(keys.answers(self._run.attempt))
        waiting = self._key(keys.continuation(self._run.attempt))
        names = sorted(key for key in self._store.keys(folder) if key != waiting)
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            bodies = [stored.body for stored in pool.map(self._store.read, names)]
        parts = [msgspec.json.decode(body, type=AnswerPart) for body in bodies]
        found: dict[Question, Answer] = {}
        for part in parts:
            for each in part.answers:
                found.setdefault(Question(each.line - 1, each.model), each.answer)
        self._parts = len(parts)
        return found, sum(part.seconds for part in parts)

    def save(self, answers: Mapping[Question, Answer], seconds: float) -> None:
        """Write the next part."""
        saved = [SavedAnswer(each.at + 1, each.model, answers[each]) for each in answers]
        body = msgspec.json.encode(AnswerPart(saved, round(seconds, 3)))
        while True:
            self._parts += 1
            try:
                key = self._key(keys.answer_part(self._run.attempt, self._parts))
                self._store.create(key, body)
            except ExistsError:
                continue
            return

    def _key(self, name: str) -> str:
        return f"{self._run.folder}/{name}"
