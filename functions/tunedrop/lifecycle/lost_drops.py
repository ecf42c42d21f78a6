"""Drops that nothing has handled: recent uploads are compared with the pointers.

EventBridge delivers at least once, but a rule or a function may have been disabled or throttled.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
"""

from collections.abc import Iterator
from typing import Literal

from tunedrop.documents import keys
from tunedrop.documents.run import UNENDED
from tunedrop.events import Completion
from tunedrop.lifecycle.dropped import dataset_of, is_cancel, is_recipe, starts_run
from tunedrop.lifecycle.untaken import is_misplaced, is_told
from tunedrop.ports.store import Listed, MissingError
from tunedrop.runs.pointer import Pointer, read_pointer
from tunedrop.runs.repository import Runs, now, seconds_since

# An upload is looked at from the first to the second age, in seconds. Its event had time to arrive
# and to be tried again. Later nothing is sent any more, so that an upload that cannot be prepared
# is not sent for ever.
FIRST_LOOK, LAST_LOOK = 900.0, 4 * 3_600.0
Kind = Literal["data", "recipe", "cancel"]


def lost_drops(runs: Runs) -> Iterator[str]:
    """Yield the keys of recent uploads for which prepare should be called again.

    An upload whose content joined an older run is yielded too, because only prepare can compare
    contents. Calling prepare for it does no harm. So is a file at the top of the bucket that no
    email was sent about.
    """
    for upload in runs.store.listing("", directly=True):
        if is_misplaced(upload.key) and _is_due(upload) and not is_told(upload, runs.store):
            yield upload.key
    due: dict[tuple[str, Kind], list[Listed]] = {}
    for upload in runs.store.listing(keys.DATASETS):
        kind = _kind(upload.key)
        if kind and _is_due(upload):
            due.setdefault((dataset_of(upload.key) or "", kind), []).append(upload)
    for (dataset, _), uploads in due.items():
        pointer, _etag = read_pointer(runs.store, dataset)
        for upload in _candidates(uploads, pointer):
            if _is_lost(runs, upload, pointer):
                yield upload.key


def _candidates(uploads: list[Listed], pointer: Pointer | None) -> list[Listed]:
    """Return the newest upload, and before it the one that counts if that is another.

    An upload in parts counts from its end, but is listed with the time of its beginning.
    """
    newest = max(uploads, key=_order)
    others = [each for each in uploads if each is not newest]
    return [*(each for each in others if pointer and _is_source(each, pointer)), newest]


def _is_source(upload: Listed, pointer: Pointer) -> bool:
    return (upload.key, upload.etag) == (pointer.source.key, pointer.source.etag)


def _is_due(upload: Listed) -> bool:
    return FIRST_LOOK <= seconds_since(upload.modified) < LAST_LOOK


def uncounted(runs: Runs, key: str, completed: Completion | None = None) -> Listed | None:
    """Return the upload at `key` if it should count, and the pointer does not know of it.

    `completed` is when the upload was completed, if it came in parts.
    """
    if _kind(key) not in ("data", "recipe"):
        return None
    upload = next((each for each in runs.store.listing(key) if each.key == key), None)
    if upload is None:
        return None
    if completed and completed.etag == upload.etag:
        upload.modified = max(upload.modified, completed.moment)
    pointer, _ = read_pointer(runs.store, dataset_of(key) or "")
    return upload if _is_lost(runs, upload, pointer) else None


def _kind(key: str) -> Kind | None:
    """Return what an upload to this key means; None if it calls nothing into being."""
    if is_cancel(key):
        return "cancel"
    if not starts_run(key):
        return None
    return "recipe" if is_recipe(key.rpartition("/")[2]) else "data"


def _order(upload: Listed) -> tuple[str, str]:
    return (upload.modified, upload.key)


def _is_lost(runs: Runs, upload: Listed, pointer: Pointer | None) -> bool:
    kind, dataset = _kind(upload.key), dataset_of(upload.key) or ""
    if pointer is None:
        return kind == "data"  # A recipe alone starts nothing, and there is nothing to cancel.
    if kind == "recipe":
        return runs.store.head(keys.pointer(dataset)).modified <= upload.modified
    source = pointer.source
    if kind == "cancel":
        is_newer = source.modified <= upload.modified
        return is_newer and _costs(runs, keys.run_folder(dataset, pointer.run))
    # The pointer has the end of an upload in parts, and the list its beginning.
    if _is_source(upload, pointer) and source.modified >= upload.modified:
        return not _is_live(runs, keys.run_folder(dataset, pointer.run))
    return (source.modified, source.key) <= _order(upload)


def _costs(runs: Runs, folder: str) -> bool:
    """Return whether the run has not ended yet, or keeps its endpoint."""
    try:
        run = runs.load(folder).run
    except MissingError:
        return False
    return run.status in UNENDED or (run.endpoint_expires or "") > now()


def _is_live(runs: Runs, folder: str) -> bool:
    """Return whether the run that counts exists and was not superseded.

    A function that is killed between moving the pointer and writing run.json leaves it otherwise.
    A run that is running or asks gets its marker, should it be missing.
    """
    try:
        run = runs.load(folder).run
    except MissingError:
        return False
    if run.status in UNENDED:
        runs.mark(run)
    return run.status != "superseded"
