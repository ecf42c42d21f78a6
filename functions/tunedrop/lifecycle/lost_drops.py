"""Drops whose event never came: recent uploads are compared with the pointers.

EventBridge delivers at least once, but a rule or a function may have been disabled or throttled.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
"""

from collections.abc import Iterator

from tunedrop.documents import keys
from tunedrop.documents.run import UNENDED
from tunedrop.lifecycle.dropped import dataset_of, is_recipe, starts_run
from tunedrop.lifecycle.untaken import is_misplaced, is_told
from tunedrop.ports.store import Listed, MissingError
from tunedrop.runs.pointer import Pointer, read_pointer
from tunedrop.runs.repository import Runs, seconds_since

# An upload is looked at from the first to the second age, in seconds. Its event had time to arrive
# and to be tried again. Later nothing is sent any more, so that an upload that cannot be prepared
# is not sent for ever.
FIRST_LOOK, LAST_LOOK = 900.0, 4 * 3_600.0


def lost_drops(runs: Runs) -> Iterator[str]:
    """Yield the keys of recent uploads for which prepare should be called again.

    An upload whose content joined an older run is yielded too, because only prepare can compare
    contents. Calling prepare for it does no harm. So is a file at the top of the bucket that no
    email was sent about.
    """
    for upload in runs.store.listing("", directly=True):
        if is_misplaced(upload.key) and _is_due(upload) and not is_told(upload, runs.store):
            yield upload.key
    newest: dict[tuple[str, bool], Listed] = {}
    for upload in runs.store.listing(keys.DATASETS):
        dataset = dataset_of(upload.key) if starts_run(upload.key) else None
        if dataset and _is_due(upload):
            place = (dataset, is_recipe(upload.key.rpartition("/")[2]))
            rival = newest.get(place)
            if rival is None or _order(upload) > _order(rival):
                newest[place] = upload
    for (dataset, of_recipe), upload in newest.items():
        pointer, _ = read_pointer(runs.store, dataset)
        if _is_lost(runs, upload, dataset, pointer, of_recipe=of_recipe):
            yield upload.key


def _is_due(upload: Listed) -> bool:
    return FIRST_LOOK <= seconds_since(upload.modified) < LAST_LOOK


def _order(upload: Listed) -> tuple[str, str]:
    return (upload.modified, upload.key)


def _is_lost(
    runs: Runs, upload: Listed, dataset: str, pointer: Pointer | None, *, of_recipe: bool
) -> bool:
    if pointer is None:
        return not of_recipe  # A recipe alone starts nothing.
    if of_recipe:
        return runs.store.head(keys.pointer(dataset)).modified <= upload.modified
    source = pointer.source
    if (source.modified, source.key) != _order(upload):
        return (source.modified, source.key) < _order(upload)
    return source.etag != upload.etag or not _is_live(runs, keys.run_folder(dataset, pointer.run))


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
