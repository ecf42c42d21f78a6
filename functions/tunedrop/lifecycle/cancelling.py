"""An object `cancel` that is dropped beside the data ends the dataset's run.

It counts for what was dropped before it: data or a recipe that comes later starts a run, even if
`cancel` is still there. S3 reports times in seconds; within one second, `cancel` is the later one,
because that stops the costs.
"""

from contextlib import suppress

from tunedrop.documents import keys
from tunedrop.documents.figures import moment
from tunedrop.documents.run import UNENDED, Run, Source
from tunedrop.errors import CancelledError
from tunedrop.lifecycle.dropped import cancel_key, dataset_of, recipe_keys
from tunedrop.lifecycle.step import StepResult
from tunedrop.ports.store import MissingError, Store
from tunedrop.runs.pointer import read_pointer
from tunedrop.runs.repository import Runs, now


def refuse_if_cancelled(source: Source, store: Store) -> None:
    """Raise CancelledError if `cancel` was dropped after the source and its recipes.

    The event of `cancel` may have come before the run existed.
    """
    try:
        cancelled = store.head(cancel_key(source.key)).modified
    except MissingError:
        return
    dropped = [source.modified]
    for key in recipe_keys(source.key, store):
        with suppress(MissingError):
            dropped.append(store.head(key).modified)
    if cancelled >= max(dropped):
        raise CancelledError(
            f"The run was cancelled: {cancel_key(source.key)} was dropped on {moment(cancelled)}.",
            "Drop the data again to start a new run. The object `cancel` may stay where it is.",
        )


def cancel(key: str, runs: Runs) -> StepResult:
    """End the run of the dataset that `cancel` at `key` belongs to.

    A run that is running or asks fails with CancelledError; report_failure sends its email, stops
    its job and deletes its endpoint. If a run has succeeded and its endpoint is kept, the endpoint
    expires.
    """
    dataset = dataset_of(key) or ""
    pointer, _ = read_pointer(runs.store, dataset)
    if pointer is None:
        return StepResult("nothing to cancel: the dataset has no run")
    folder = keys.run_folder(dataset, pointer.run)
    try:
        refuse_if_cancelled(pointer.source, runs.store)
    except CancelledError as error:
        return _cancelled(folder, error, runs)
    return StepResult("ignored: data or a recipe was dropped after cancel", folder)


def _cancelled(folder: str, error: CancelledError, runs: Runs) -> StepResult:
    try:
        run = runs.load(folder).run
    except MissingError:
        return StepResult("left to prepare: the run is not yet written", folder)
    if run.status in UNENDED:
        runs.fail(folder, run.stage, error, statuses=UNENDED)
        return StepResult("cancelled", folder)
    if run.endpoint_expires is None:
        return StepResult("nothing to cancel: the run has ended", folder)
    runs.update(folder, _expire)
    ask_for_release(run, runs)
    return StepResult("cancelled: the endpoint expires", folder)


def _expire(run: Run) -> bool:
    if run.endpoint_expires is None:
        return False
    run.endpoint_expires = now()
    return True


def ask_for_release(run: Run, runs: Runs) -> None:
    """Write the object whose arrival makes report_failure remove the run's job and endpoint.

    prepare reads files of strangers, so its role may touch no endpoint.
    """
    runs.store.write(f"{run.folder}/{keys.release(run.attempt)}", b"{}\n", "application/json")
