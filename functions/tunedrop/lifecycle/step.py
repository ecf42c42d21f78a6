"""What every step of a run does: take the lease, check the pointer, handle failures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import msgspec

from tunedrop.documents.run import Lease, Progress, Run, Stage, Waiting
from tunedrop.errors import TunedropError
from tunedrop.lifecycle.ending import release, supersede
from tunedrop.ports.sagemaker import LimitError, SageMaker
from tunedrop.ports.store import ChangedError
from tunedrop.runs.pointer import is_current
from tunedrop.runs.repository import Held, Runs, now, seconds_since

# How long a run waits for instances that other jobs of the account use, before it fails.
WAITING_SECONDS = 6 * 3_600.0
PROGRESS_SECONDS = 2.0  # Shortest time between two writes of the progress.


class Invocation(msgspec.Struct, frozen=True):
    """One invocation of a function: its request id, and how many seconds it has left.

    `execution` tells apart the executions of one request, which Lambda may repeat.
    """

    id: str
    seconds: float
    execution: str = ""


class StepResult(msgspec.Struct, omit_defaults=True):
    """What a function returns: the outcome in words, and the run's folder."""

    outcome: str
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The work of one function on one run, under its lease."""

    runs: Runs
    sagemaker: SageMaker
    invocation: Invocation

    @contextmanager
    def claimed(self, held: Held, stage: Stage) -> Iterator[bool]:
        """Hold the run's lease during the block; yields False when another owner has it.

        A TunedropError in the block ends the run as failed. A limit of the account lets the run
        wait. Any other error releases the lease for Lambda's next try. When another process has
        ended the run meanwhile, what this step created is removed; when another execution has
        taken the step over, it is left to that one.
        """
        folder, this = held.run.folder, self.invocation
        lease = Lease(this.id, time.time() + this.seconds, this.execution)
        if not self.runs.claim(held, stage, lease):
            yield False
            return
        try:
            if is_current(self.runs.store, held.run):
                yield True
            else:
                supersede(folder, self.runs, self.sagemaker, this.id)
                yield False
        except TunedropError as error:
            self.runs.fail(folder, stage, error, this.id)
        except LimitError as error:
            self._wait(folder, stage, error)
        except ChangedError:
            if self._is_over(folder):
                return
            self._release_lease(folder)
            raise
        except BaseException:
            self._release_lease(folder)
            raise

    def finish(self, held: Held, next_stage: Stage) -> None:
        """Save the run after the step; raises ChangedError when it has been ended meanwhile."""
        run = held.run
        if next_stage != run.stage:
            run.stages[run.stage].ended = now()
        run.stage = next_stage
        run.lease = run.begun_by = run.progress = run.waiting = None
        self.runs.save(held)

    def result(self, folder: str, done: str) -> StepResult:
        """Return the result of the step: `done`, or how the run ended instead."""
        run = self.runs.load(folder).run
        if run.status == "failed" and run.error:
            return StepResult(f"failed: {run.error.message}", folder)
        if run.waiting:
            return StepResult(f"waiting: {run.waiting.reason}", folder)
        return StepResult(run.status if run.status in ("superseded", "asking") else done, folder)

    def _wait(self, folder: str, stage: Stage, limit: LimitError) -> None:
        """Let the run wait until `sweep` tries the stage again; after a time, end it as failed."""

        def wait(run: Run) -> bool:
            ours = self._is_ours(run)
            if ours:
                run.waiting = run.waiting or Waiting(now(), limit.error.message)
                run.lease = run.progress = None
            return ours

        run = self.runs.update(folder, wait).run
        if run.waiting and seconds_since(run.waiting.since) > WAITING_SECONDS:
            self.runs.fail(folder, stage, limit.error, self.invocation.id)

    def _is_over(self, folder: str) -> bool:
        """Return whether this execution has nothing more to do, because run.json was changed.

        If the run was ended, what this step created is removed. What cannot be removed yet is left
        to `sweep`: the run's marker stays at least until the end of this step's lease.
        """
        run = self.runs.load(folder).run
        if run.status != "running":
            release(run, self.runs, self.sagemaker)
            return True
        return not self._is_ours(run)

    def _is_ours(self, run: Run) -> bool:
        lease, this = run.lease, self.invocation
        return lease is not None and (lease.owner, lease.execution) == (this.id, this.execution)

    def _release_lease(self, folder: str) -> None:
        def let_go(run: Run) -> bool:
            ours = self._is_ours(run)
            run.lease = None if ours else run.lease
            return ours

        with suppress(Exception):  # the first error is the one to raise
            self.runs.update(folder, let_go)


class ProgressWriter:
    """Writes the progress of a step to run.json, at most every few seconds.

    Raises ChangedError when the run has been ended, so that the work stops.
    """

    def __init__(self, held: Held, step: Step, unit: str) -> None:
        self.held = held
        self.step = step
        self.unit = unit
        self.next = time.monotonic() + PROGRESS_SECONDS

    def __call__(self, done: int, total: int) -> None:
        """Write that `done` of `total` are done."""
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + PROGRESS_SECONDS
        self.held.run.progress = Progress(done=done, total=total, unit=self.unit)
        self.step.runs.save(self.held)
