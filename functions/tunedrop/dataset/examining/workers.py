"""Examine chunks, in this process or in several others, with the same result.

Processes and pipes are used, because Lambda has no shared memory for `multiprocessing` pools.
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Self

from tunedrop.dataset.examining.batch import Batch
from tunedrop.dataset.examining.examine import Examination, Examiner
from tunedrop.dataset.readers.record import Chunk


def examined(
    chunks: Iterable[Chunk], examination: Examination, processes: int = 1
) -> Iterator[Batch]:
    """Yield a batch for each chunk, in the order of the chunks.

    Args:
        chunks: the chunks of the drop.
        examination: what the examiners need.
        processes: number of processes; 1 means this process.

    Raises:
        WorkerError: a process ended unexpectedly, most likely because it ran out of memory.
    """
    if processes == 1:
        yield from map(Examiner(examination).examine, chunks)
        return
    with ExitStack() as stack:
        pipes = [stack.enter_context(_Worker(examination)) for _ in range(processes)]
        yield from _in_turns(chunks, pipes)


class WorkerError(RuntimeError):
    """A process that examines rows has ended unexpectedly."""


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, examination: Examination) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, examination), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(1)
        self._process.terminate()
        self._process.join()
        self._process.close()

    def send(self, chunk: Chunk) -> None:
        """Send a chunk to examine; the worker must be idle."""
        try:
            self._pipe.send(chunk)
        except OSError as error:
            raise self._gone() from error

    def receive(self) -> Batch:
        """Wait for the batch."""
        try:
            answer: Batch | Exception = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._gone() from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _gone(self) -> WorkerError:
        self._process.join(1)
        return WorkerError(f"A worker process ended with exit code {self._process.exitcode}.")


def _in_turns(chunks: Iterable[Chunk], workers: list[_Worker]) -> Iterator[Batch]:
    """Give every worker one chunk at a time, and yield the batches in the chunks' order."""
    idle = deque(workers)
    busy: deque[_Worker] = deque()
    for chunk in chunks:
        if idle:
            worker = idle.popleft()
            worker.send(chunk)
            busy.append(worker)
            continue
        worker = busy.popleft()
        batch = worker.receive()
        worker.send(chunk)
        busy.append(worker)
        yield batch
    for worker in busy:
        yield worker.receive()


def _work(pipe: Connection, examination: Examination) -> None:
    """Examine chunks until the pipe is closed; an exception is sent as the answer."""
    examiner = Examiner(examination)
    while True:
        try:
            chunk = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Batch | Exception = examiner.examine(chunk)
        except Exception as error:  # noqa: BLE001 - raised again in the main process
            answer = error
        pipe.send(answer)
