"""Progress of a long step, written to run.json for people who follow the run."""

import time

from tunedrop.documents.run import Progress
from tunedrop.lifecycle.step import Step
from tunedrop.runs.repository import Held

PROGRESS_SECONDS = 2.0  # Shortest time between two writes.


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
