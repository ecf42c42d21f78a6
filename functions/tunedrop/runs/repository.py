"""Runs in the bucket: run.json is changed only by conditional writes, under a lease."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import TypeVar

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.names import run_of_resource
from tunedrop.documents.run import Failure, Lease, Run, Stage, StageTimes, Status
from tunedrop.errors import TunedropError
from tunedrop.ports.store import ChangedError, ExistsError, MissingError, Store
from tunedrop.recipe.instances import CATALOGUE, Catalogue
from tunedrop.recipe.schema import Recipe

MAX_CONFLICTS = 20  # Attempts of a conditional write before it is given up.
Document = TypeVar("Document")


class Marker(msgspec.Struct):
    """runs/_active/<run>: finds a run's folder by its id, until the run is cleaned up.

    With the number of attempts, it also finds the resources of a run whose folder was deleted.
    """

    dataset: str
    run: str
    attempt: int = 1

    @property
    def folder(self) -> str:
        """The run's key prefix, without a slash at the end."""
        return keys.run_folder(self.dataset, self.run)


@dataclass(slots=True)
class Held:
    """run.json as it was read; it can be saved only if nobody else has written it since."""

    run: Run
    etag: str


def now() -> str:
    """Return the current time as run.json writes it: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def seconds_since(moment: str) -> float:
    """Return how many seconds ago a time of run.json was."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def encode(document: object) -> bytes:
    """Return a document as indented JSON, because people read it too."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


class Runs:
    """All runs of a bucket."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def load(self, folder: str) -> Held:
        """Read a run; raises MissingError."""
        stored = self.store.read(f"{folder}/{keys.RUN}")
        return Held(msgspec.json.decode(stored.body, type=Run), stored.etag)

    def create(self, run: Run) -> Held:
        """Write a new run and its marker; return the existing run when there is one."""
        self.mark(run)
        try:
            return Held(run, self.store.create(f"{run.folder}/{keys.RUN}", encode(run)))
        except ExistsError:
            return self.load(run.folder)

    def save(self, held: Held) -> None:
        """Write the run back; raises ChangedError when it was written since it was read."""
        held.etag = self.store.replace(f"{held.run.folder}/{keys.RUN}", encode(held.run), held.etag)

    def update(self, folder: str, change: Callable[[Run], bool]) -> Held:
        """Apply `change` to the newest run.json; nothing is written when `change` returns False."""
        for _ in range(MAX_CONFLICTS):
            held = self.load(folder)
            if not change(held.run):
                return held
            with suppress(ChangedError):
                self.save(held)
                return held
        raise RuntimeError(f"{folder}/run.json changed {MAX_CONFLICTS} times while being written")

    def find(self, resource: str) -> Held | None:
        """Return the run whose job or endpoint has this name; None for any other name."""
        parsed = run_of_resource(resource)
        if parsed is None:
            return None
        with suppress(MissingError):
            stored = self.store.read(keys.marker(parsed[0]))
            held = self.load(msgspec.json.decode(stored.body, type=Marker).folder)
            return held if held.run.attempt == parsed[1] else None
        return None

    def find_by(self, subject: str, key_of: Callable[[int], str]) -> Held | None:
        """Return the run of a job or an endpoint, or of the key that `key_of` gives its attempt."""
        if not subject.startswith(keys.RUNS):
            return self.find(subject)
        try:
            held = self.load(keys.folder_of(subject))
        except MissingError:
            return None
        run = held.run
        return held if subject == f"{run.folder}/{key_of(run.attempt)}" else None

    def active(self) -> Iterator[str]:
        """Yield the ids of the runs that are not yet ended and cleaned up."""
        for key in self.store.keys(keys.MARKERS):
            yield key.removeprefix(keys.MARKERS)

    def marker(self, run: str) -> Marker:
        """Read the marker of a run; raises MissingError."""
        return msgspec.json.decode(self.store.read(keys.marker(run)).body, type=Marker)

    def has_marker(self, run: str) -> bool:
        """Return whether a run of this id has its marker."""
        try:
            self.store.head(keys.marker(run))
        except MissingError:
            return False
        return True

    def mark(self, run: Run) -> None:
        """Write the run's marker unless it exists."""
        marker = Marker(dataset=run.dataset, run=run.run, attempt=run.attempt)
        with suppress(ExistsError):
            self.store.create(keys.marker(run.run), encode(marker))

    def count_attempt(self, run: Run) -> None:
        """Write the run's newest attempt into its marker."""
        marker = Marker(dataset=run.dataset, run=run.run, attempt=run.attempt)
        self.store.write(keys.marker(run.run), encode(marker), "application/json")

    def forget(self, run: Run) -> None:
        """Remove the marker of a run that is ended and cleaned up.

        A newer recipe may have revived the run since it was read. Then the marker stays: either
        this function sees the new attempt after the removal, or `revive` writes the marker later.
        """
        self.store.delete(keys.marker(run.run))
        with suppress(MissingError):
            newest = self.load(run.folder).run
            if newest.attempt != run.attempt:
                self.mark(newest)

    def catalogue(self) -> Catalogue:
        """Return the instance types, with those that the stack itself adds or changes.

        Raises RecipeError when the bucket's own catalogue cannot be read.
        """
        try:
            return CATALOGUE.overridden_by(self.store.read(keys.INSTANCES).body)
        except MissingError:
            return CATALOGUE

    def recipe(self, run: Run) -> Recipe:
        """Return the recipe that the run was started with."""
        return self.document(run, keys.RECIPE, Recipe)

    def document(self, run: Run, name: str, kind: type[Document]) -> Document:
        """Read one of the run's documents; raises MissingError."""
        return msgspec.json.decode(self.store.read(f"{run.folder}/{name}").body, type=kind)

    def claim(self, held: Held, stage: Stage, lease: Lease) -> bool:
        """Take the lease for one step of a running run; False when another owner has it.

        A retry of the same invocation takes the lease over from the try before it. If that one is
        still at work, its next write of run.json fails.

        Args:
            held: the run as it was read; it is saved with the lease.
            stage: the stage of the step; the run moves to it.
            lease: of this execution, until the end of its time.
        """
        run = held.run
        if run.status != "running":
            return False
        if run.lease and run.lease.owner != lease.owner and run.lease.expires > time():
            return False
        run.lease, run.begun_by = lease, lease.owner
        run.stage = stage
        run.progress = None
        run.stages.setdefault(stage, StageTimes(started=now()))
        try:
            self.save(held)
        except ChangedError:
            return False
        return True

    def revive(self, held: Held) -> bool:
        """Start the next attempt of an ended run; False when another process did so first.

        What the attempts before have left behind is still removed: `released` stays.
        """
        run = held.run
        run.attempt += 1
        run.status, run.stage, run.stages = "running", "prepare", {}
        run.ended = run.error = run.job = run.endpoint = run.endpoint_expires = None
        run.reuses = run.mixed = run.continues = None
        run.lease = run.begun_by = run.progress = run.waiting = None
        run.verdict = run.cost = run.processing = run.fetching = None
        run.tuning = False
        run.warnings, run.nudges = [], {}
        run.learns, run.certainty, run.answer_until = "", "certain", None
        try:
            self.save(held)
        except ChangedError:
            return False
        self.count_attempt(run)
        return True

    def fail(
        self,
        folder: str,
        stage: str,
        error: TunedropError,
        owner: str | None = None,
        *,
        statuses: Sequence[Status] = ("running",),
    ) -> Held:
        """End a run that has one of these statuses as failed.

        The failure that is written then calls `report_failure`.

        `owner` is the invocation's id if a step ends its own run.
        """

        def end(run: Run) -> bool:
            if run.status not in statuses:
                return False
            run.end("failed", now(), owner)
            run.error = Failure(stage, error.code, error.message, error.remedy, error.problems)
            return True

        held = self.update(folder, end)
        if held.run.status == "failed" and held.run.error:
            with suppress(ExistsError):
                key = f"{folder}/{keys.failure(held.run.attempt)}"
                self.store.create(key, encode(held.run.error))
        return held
