"""Answer concurrent requests in batches, so that one pass over the weights serves many of them."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from serving.decoding import Conversation


class Answering(Protocol):
    """The function that answers a batch: ServedModel.answer."""

    def __call__(
        self, name: str, conversations: Sequence[Conversation], cancelled: Callable[[], bool], /
    ) -> None:
        """Answer the conversations, in place."""
        ...


class ServerStoppingError(Exception):
    """The server was stopped before this request was answered."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """A request in the queue: the model's name, the conversation and its future answer."""

    name: str
    conversation: Conversation
    done: Future[Conversation] = field(default_factory=Future)


GATHERING_SECONDS = 0.005
"""How long an idle server waits for more requests after the first, to answer them together."""


class BatchQueue:
    """Holds waiting requests; one thread answers them in batches, each for one model name."""

    def __init__(
        self, answering: Answering, *, max_batch: int, on_batch: Callable[..., None]
    ) -> None:
        """Start the thread.

        Args:
            answering: answers the conversations of a batch in place.
            max_batch: the largest number of requests in a batch.
            on_batch: called after each batch with `model`, `rows`, `prompt_tokens`,
                `completion_tokens` and `seconds`.
        """
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
        """Whether requests are accepted and answered."""
        return self._thread.is_alive() and not self._stopping.is_set()

    def submit(self, name: str, conversation: Conversation) -> Future[Conversation]:
        """Put a request for the model of that name into the queue.

        The future returns the finished conversation. It raises ServerStoppingError when the server
        stops before.
        """
        waiting = _Waiting(name, conversation)
        with self._changed:
            if self._stopping.is_set():
                waiting.done.set_exception(ServerStoppingError())
            else:
                self._waiting.append(waiting)
                self._changed.notify()
        return waiting.done

    def stop(self) -> None:
        """Stop generating at the next token, and refuse the requests that wait."""
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
        """Wait for requests and return a batch; empty when the server stops."""
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
        except Exception as error:  # noqa: BLE001  only the requests of this batch fail
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
    """Return the oldest request, and those for its model whose prompts are most alike in length.

    So no request waits forever, and prompts of similar length need little padding.
    """
    oldest, *others = waiting
    length = len(oldest.conversation.prompt_ids)
    companions = sorted(
        (w for w in others if w.name == oldest.name),
        key=lambda w: abs(len(w.conversation.prompt_ids) - length),
    )
    return [oldest, *companions[: max_batch - 1]]
