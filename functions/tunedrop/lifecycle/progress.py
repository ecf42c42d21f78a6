"""Progress of a long step, written into run.json for whoever follows the run."""

import time

from tunedrop.documents.run import Progress
from tunedrop.lifecycle.step import Step
from tunedrop.runs.repository import Held

PROGRESS_SECONDS = 2.0


class ProgressWriter:
    """Notes how far a step has come, at most every few seconds.

    Raises ChangedError when the run was ended meanwhile: the work stops there.
    """

    def __init__(self, held: Held, step: Step, unit: str) -> None:
        self.held = held
        self.step = step
        self.unit = unit
        self.next = time.monotonic() + PROGRESS_SECONDS

    def __call__(self, done: int, total: int) -> None:
        """Note that `done` of `total` are done."""
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + PROGRESS_SECONDS
        self.held.run.progress = Progress(done=done, total=total, unit=self.unit)
        self.step.runs.save(self.held)
