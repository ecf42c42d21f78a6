"""current.json: which run of a dataset counts. It is changed only by conditional writes."""

from typing import Literal

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.run import Run, Source
from tunedrop.ports.store import MissingError, Store
from tunedrop.runs.repository import Runs, encode

Decision = Literal["start", "continue", "join", "older"]


class Pointer(msgspec.Struct):
    """runs/<dataset>/current.json: the newest source, its recipe, its run, and a generation.

    `previous` is the run that counted before.
    """

    version: int
    generation: int
    source: Source
    recipe_digest: str
    run: str
    previous: str | None = None


def read_pointer(store: Store, dataset: str) -> tuple[Pointer | None, str]:
    """Return the pointer and its ETag, or (None, "") when there is none yet."""
    try:
        stored = store.read(keys.pointer(dataset))
    except MissingError:
        return None, ""
    return msgspec.json.decode(stored.body, type=Pointer), stored.etag


def is_current(store: Store, run: Run) -> bool:
    """Return whether the run still counts. It is checked before every step that costs money."""
    pointer, _ = read_pointer(store, run.dataset)
    return pointer is not None and pointer.run == run.run


def decide(
    runs: Runs, pointer: Pointer | None, new: Pointer, dataset: str, *, rerun: bool
) -> Decision:
    """Decide what an upload means, given the run that counts now.

    The same upload continues its own run. The same content with the same recipe joins the run
    that is running, asks or has succeeded, unless a new run is requested. An older upload than the
    one that counts is ignored; of two files from the same second, the one whose key comes later in
    the alphabet is the newer, whichever event arrives first. Everything else starts the next
    generation.
    """
    if pointer is None:
        return "start"
    if pointer.run == new.run:
        return "continue"
    if (new.source.modified, new.source.key) < (pointer.source.modified, pointer.source.key):
        return "older"
    same_content = (pointer.source.checksum, pointer.source.size) == (
        new.source.checksum,
        new.source.size,
    )
    if same_content and pointer.recipe_digest == new.recipe_digest and not rerun:
        try:
            status = runs.load(keys.run_folder(dataset, pointer.run)).run.status
        except MissingError:
            return "start"
        return "join" if status in ("running", "asking", "succeeded") else "start"
    return "start"


def move_pointer(
    runs: Runs, run: Run, before: Pointer | None, etag: str, *, rerun: bool
) -> Decision:
    """Decide whether this run counts from now on, and if so, move the pointer to it.

    Sets the run's generation. Raises ChangedError or ExistsError when the pointer has moved since
    it was read.

    Args:
        runs: the repository of runs.
        run: the run of the upload. The upload must have been looked at after the pointer was read,
            or a slow function could move the pointer back to an older version.
        before: the pointer as it was read; None if there was none.
        etag: of the pointer as it was read.
        rerun: whether a new run is requested even of the same content.
    """
    new = Pointer(
        version=1,
        generation=before.generation + 1 if before else 1,
        source=run.source,
        recipe_digest=run.recipe_digest,
        run=run.run,
        previous=before.run if before else None,
    )
    decision = decide(runs, before, new, run.dataset, rerun=rerun)
    if decision == "start":
        run.generation = new.generation
        if before:
            runs.store.replace(keys.pointer(run.dataset), encode(new), etag)
        else:
            runs.store.create(keys.pointer(run.dataset), encode(new))
    return decision
