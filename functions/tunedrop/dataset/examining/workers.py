"""The examination of chunks, here or in other processes; what comes out is the same.

Lambda has no shared memory, which the pools of `multiprocessing` need: processes and pipes do.
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
    """Yield a batch a chunk, in the order of the chunks.

    Args:
        chunks: of the drop.
        examination: what is to be looked at.
        processes: that examine; with one, it is this one.

    Raises:
        WorkerError: a process ended by itself, most likely for want of memory.
    """
    if processes == 1:
        yield from map(Examiner(examination).examine, chunks)
        return
    with ExitStack() as stack:
        pipes = [stack.enter_context(_Worker(examination)) for _ in range(processes)]
        yield from _in_turns(chunks, pipes)


class WorkerError(RuntimeError):
    """A process that examines rows is gone."""


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
        """Give it a chunk to examine; it must have none."""
        try:
            self._pipe.send(chunk)
        except OSError as error:
            raise self._gone() from error

    def receive(self) -> Batch:
        """Wait for what it found."""
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
    """Keep every worker busy with one chunk, and take their answers in the chunks' order."""
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
    """Examine until the other end is closed; a fault is the answer, and not the end."""
    examiner = Examiner(examination)
    while True:
        try:
            chunk = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Batch | Exception = examiner.examine(chunk)
        except Exception as error:  # noqa: BLE001 - raised again where it can be told
            answer = error
        pipe.send(answer)
