"""What every step of a run does: take the lease, check the pointer, handle failures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import msgspec

from tunedrop.documents.run import Progress, Run, Stage
from tunedrop.errors import TunedropError
from tunedrop.lifecycle.ending import release, supersede
from tunedrop.ports.services import SageMaker
from tunedrop.ports.store import ChangedError
from tunedrop.runs.pointer import is_current
from tunedrop.runs.repository import Held, Runs, now

PROGRESS_SECONDS = 2.0  # Shortest time between two writes of the progress.


class Invocation(msgspec.Struct, frozen=True):
    """One invocation of a function: its id, and how many seconds it has left."""

    id: str
    seconds: float


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

        A TunedropError in the block ends the run as failed. Any other error releases the lease for
        Lambda's next try. When another process has ended the run meanwhile, what this step created
        is removed.
        """
        folder = held.run.folder
        if not self.runs.claim(held, stage, self.invocation.id, self.invocation.seconds):
            yield False
            return
        try:
            if is_current(self.runs.store, held.run):
                yield True
            else:
                supersede(folder, self.runs, self.sagemaker)
                yield False
        except TunedropError as error:
            self.runs.fail(folder, stage, error)
        except ChangedError:
            if self._undo_if_ended(folder):
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
        run.stage, run.lease, run.progress = next_stage, None, None
        self.runs.save(held)

    def result(self, folder: str, done: str) -> StepResult:
        """Return the result of the step: `done`, or how the run ended instead."""
        run = self.runs.load(folder).run
        if run.status == "failed" and run.error:
            return StepResult(f"failed: {run.error.message}", folder)
        return StepResult(run.status if run.status in ("superseded", "asking") else done, folder)

    def _undo_if_ended(self, folder: str) -> bool:
        """Remove what this step created if the run has been ended; False if it is running."""
        run = self.runs.load(folder).run
        if run.status == "running":
            return False
        release(run, self.runs, self.sagemaker)
        return True

    def _release_lease(self, folder: str) -> None:
        def let_go(run: Run) -> bool:
            ours = run.lease is not None and run.lease.owner == self.invocation.id
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
