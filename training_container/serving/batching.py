"""Bring concurrent requests together, so that one pass over the weights serves many of them."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from serving.decoding import Conversation


class Answering(Protocol):
    """What the queue feeds: see ServedModel.answer."""

    def __call__(
        self, name: str, conversations: Sequence[Conversation], cancelled: Callable[[], bool], /
    ) -> None:
        """Finish the conversations in place."""
        ...


class ServerStoppingError(Exception):
    """The server was told to stop before this request was answered."""


@dataclass(slots=True, eq=False)
class _Waiting:
    name: str
    conversation: Conversation
    done: Future[Conversation] = field(default_factory=Future)


GATHERING_SECONDS = 0.005
"""How long an idle server waits for company after the first request."""


class BatchQueue:
    """Requests wait here; one thread takes them in batches of one model name at a time."""

    def __init__(
        self, answering: Answering, *, max_batch: int, on_batch: Callable[..., None]
    ) -> None:
        """`on_batch` is told of each batch: model, rows, prompt and completion tokens, seconds."""
        self._answering = answering
        self._max_batch = max_batch
        self._on_batch = on_batch
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="batches", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether requests are still being taken and answered."""
        return self._thread.is_alive() and not self._stopping.is_set()

    def submit(self, name: str, conversation: Conversation) -> Future[Conversation]:
        """Line up for the model of that name; the future gives the finished conversation."""
        waiting = _Waiting(name, conversation)
        with self._changed:
            if self._stopping.is_set():
                waiting.done.set_exception(ServerStoppingError())
            else:
                self._waiting.append(waiting)
                self._changed.notify()
        return waiting.done

    def stop(self) -> None:
        """Give up what is being generated at the next token, and refuse what waits."""
        with self._changed:
            self._stopping.set()
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while batch := self._next_batch():
            self._answer(batch)
        for waiting in self._waiting:
            waiting.done.set_exception(ServerStoppingError())

    def _next_batch(self) -> list[_Waiting]:
        with self._changed:
            if not self._waiting:
                self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
                self._changed.wait_for(
                    lambda: len(self._waiting) >= self._max_batch or self._stopping.is_set(),
                    timeout=GATHERING_SECONDS,
                )
            if self._stopping.is_set():
                return []
            batch = choose_batch(self._waiting, self._max_batch)
            self._waiting = [w for w in self._waiting if w not in batch]
            return batch

    def _answer(self, batch: list[_Waiting]) -> None:
        began = time.monotonic()
        conversations = [w.conversation for w in batch]
        try:
            self._answering(batch[0].name, conversations, self._stopping.is_set)
        except Exception as error:  # noqa: BLE001  its requests fail; the server goes on
            for waiting in batch:
                waiting.done.set_exception(error)
            return
        self._on_batch(
            model=batch[0].name,
            rows=len(batch),
            prompt_tokens=sum(len(c.prompt_ids) for c in conversations),
            completion_tokens=sum(len(c.answer_ids) for c in conversations),
            seconds=round(time.monotonic() - began, 3),
        )
        for waiting in batch:
            if waiting.conversation.finish_reason is None:
                waiting.done.set_exception(ServerStoppingError())
            else:
                waiting.done.set_result(waiting.conversation)


def choose_batch(waiting: Sequence[_Waiting], max_batch: int) -> list[_Waiting]:
    """The oldest request, and those for the same model whose prompts are nearest its length.

    Who waits longest is always served next, and near lengths leave little padding.
    """
    oldest, *others = waiting
    length = len(oldest.conversation.prompt_ids)
    company = sorted(
        (w for w in others if w.name == oldest.name),
        key=lambda w: abs(len(w.conversation.prompt_ids) - length),
    )
    return [oldest, *company[: max_batch - 1]]
