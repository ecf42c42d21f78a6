"""Prepare a dropped file: checked and split rows in runs/<dataset>/<run>/dataset/."""

import time
from contextlib import suppress
from typing import NamedTuple

from tunedrop.documents import keys
from tunedrop.documents.names import run_id
from tunedrop.documents.run import Run
from tunedrop.errors import RecipeError
from tunedrop.events import Completion
from tunedrop.jobs.processing_job import ProcessingSettings
from tunedrop.lifecycle.cancelling import ask_for_release, cancel, refuse_if_cancelled
from tunedrop.lifecycle.continuing import continue_earlier
from tunedrop.lifecycle.dropped import Drop, dataset_of, find_drop, is_cancel, recipe_keys
from tunedrop.lifecycle.dropped_recipe import dropped_recipe
from tunedrop.lifecycle.ending import supersede
from tunedrop.lifecycle.fetching import awaits_model
from tunedrop.lifecycle.preparing import prepare_run
from tunedrop.lifecycle.processing import hand_over, has_processing_job
from tunedrop.lifecycle.step import Step, StepResult
from tunedrop.lifecycle.untaken import is_misplaced, note_again, note_misplaced
from tunedrop.ports.store import ChangedError, ExistsError, MissingError
from tunedrop.recipe.limits import Limits
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.pointer import Decision, Pointer, move_pointer, read_pointer
from tunedrop.runs.repository import MAX_CONFLICTS, Held, Runs, now, seconds_since

POLL_SECONDS = 1.0  # Pause of a processing job until the function has released the lease.
WRITE_SECONDS = 60.0  # dataset.json is written within this time after the end of the step.


class Found(NamedTuple):
    """The run of an upload, its recipe or the recipe's error, and what the upload means."""

    run: Run
    recipe: Recipe | RecipeError
    decision: Decision
    before: Pointer | None


def prepare(
    key: str,
    step: Step,
    settings: ProcessingSettings,
    limits: Limits,
    completed: Completion | None = None,
) -> StepResult:
    """Prepare the newest version of the dropped object, here or in a processing job.

    The event is only a hint. The current state of the objects decides. An upload that starts no run
    is told by email.

    Args:
        key: the object that was dropped.
        step: the invocation's step.
        settings: the stack's settings for preparation.
        limits: what the stack allows a recipe to order.
        completed: when the upload was completed, if it came in parts.
    """
    if is_misplaced(key):
        return note_misplaced(key, step.runs.store)
    if is_cancel(key):
        return cancel(key, step.runs)
    found = _find_run(key, step, limits, completed)
    if isinstance(found, str):
        return StepResult(f"ignored: {found}")
    if found.decision == "join" and found.before:
        folder = keys.run_folder(found.run.dataset, found.before.run)
        note_again(found.run.source, folder, step.runs.store)
    held, otherwise = _run_to_prepare(found, step.runs)
    if held is None or has_processing_job(held.run, step):
        return otherwise
    done, was_killed = "prepared", held.run.lease is not None
    with step.claimed(held, "prepare") as ours:
        if ours:
            done = _prepare_claimed(held, found.recipe, step, settings, was_killed=was_killed)
    return step.result(held.run.folder, done) if ours else otherwise


def _prepare_claimed(
    held: Held,
    recipe: Recipe | RecipeError,
    step: Step,
    settings: ProcessingSettings,
    *,
    was_killed: bool,
) -> str:
    """Prepare a claimed run, or start the job that it has to wait for; return which, in words."""
    refuse_if_cancelled(held.run.source, step.runs.store)
    if isinstance(recipe, RecipeError):
        raise recipe
    recipe = continue_earlier(held.run, recipe, step.runs)
    if awaits_model(held, recipe, step, settings):
        return "waiting for its base model"
    if hand_over(held, recipe, step, settings, was_killed=was_killed):
        return "preparing in a processing job"
    prepare_run(held, recipe, step)
    return "prepared"


def _find_run(key: str, step: Step, limits: Limits, completed: Completion | None) -> Found | str:
    """Return the run of the newest version at `key`, after moving the pointer to it if it counts.

    Returns why there is none, if so. The pointer is read before the object, and both are read
    again when the pointer moved meanwhile: an older look must not replace a newer one. They are
    also read again when the recipe has changed before the pointer moved.
    """
    runs = step.runs
    dataset = dataset_of(key)
    for _ in range(MAX_CONFLICTS):
        before, etag = read_pointer(runs.store, dataset) if dataset else (None, "")
        drop = find_drop(key, runs.store, completed)
        if isinstance(drop, str):
            return drop
        recipe, digest = dropped_recipe(runs, recipe_keys(drop.source.key, runs.store), limits)
        run = _new_run(drop, digest)
        with suppress(ChangedError, ExistsError):
            decision = move_pointer(runs, run, before, etag, rerun=drop.rerun)
            if decision != "start":
                return Found(run, recipe, decision, before)
            if before:
                supersede_run(runs, step, run.dataset, before.run)
            if _has_recipe(run, runs, limits):
                return Found(run, recipe, decision, before)
    raise RuntimeError(f"{keys.pointer(dataset or '')} changed {MAX_CONFLICTS} times")


def _has_recipe(run: Run, runs: Runs, limits: Limits) -> bool:
    """Return whether the run has the newest recipe, after the pointer has moved to the run.

    The event of a recipe that came before that found no data to belong to, and did nothing.
    """
    recipe = dropped_recipe(runs, recipe_keys(run.source.key, runs.store), limits)
    return recipe[1] == run.recipe_digest


def _run_to_prepare(found: Found, runs: Runs) -> tuple[Held | None, StepResult]:
    """Return the run to work on, if it still has to be prepared, and the result if it has not.

    An upload that joins a run also continues it, because it may be what the retry of that run's own
    event finds.
    """
    run, before = found.run, found.before
    if found.decision in ("start", "continue") or before is None:
        return _started(runs, run), StepResult("nothing to do", run.folder)
    folder = keys.run_folder(run.dataset, before.run)
    if found.decision == "older":
        return None, StepResult("ignored: an older upload", folder)
    held = runs.load(folder)
    return held if _is_unprepared(runs, held.run) else None, StepResult("joined", folder)


def supersede_run(runs: Runs, step: Step, dataset: str, run: str) -> None:
    """End the run that counted before, if its run.json was ever written."""
    folder = keys.run_folder(dataset, run)
    with suppress(MissingError):
        supersede(folder, runs, step.sagemaker)
        before = runs.load(folder).run
        if before.status == "superseded":
            ask_for_release(before, runs)


def _new_run(drop: Drop, digest: str) -> Run:
    source = drop.source
    return Run(
        run=run_id(source.bucket, source.key, source.version_id, digest),
        dataset=drop.dataset,
        generation=1,
        source=source,
        recipe_digest=digest,
        afresh=drop.rerun,
        created=now(),
    )


def _started(runs: Runs, run: Run) -> Held | None:
    """Return the run to work on: a new one, or an ended one that a new upload revives."""
    pointer, _ = read_pointer(runs.store, run.dataset)
    if pointer:
        run.generation, run.previous = pointer.generation, pointer.previous
    held = runs.create(run)
    found = held.run
    if found.status == "running":
        return held if _is_unprepared(runs, found) else None
    newer = found.ended is not None and run.source.modified > found.ended
    if found.status == "superseded" or (found.status == "failed" and newer):
        found.source, found.afresh, found.previous = run.source, run.afresh, run.previous
        return held if runs.revive(held) else None
    return None


def _is_unprepared(runs: Runs, run: Run) -> bool:
    """Return whether a run has still to be prepared.

    The stage is `train` when prepare was killed just before it wrote dataset.json.
    """
    return run.status == "running" and (run.stage == "prepare" or _unwritten(runs, run))


def _unwritten(runs: Runs, run: Run) -> bool:
    """Return whether prepare ended some time ago without writing dataset.json."""
    ended = run.stages["prepare"].ended if "prepare" in run.stages else None
    if run.stage != "train" or run.job or ended is None or seconds_since(ended) < WRITE_SECONDS:
        return False
    try:
        runs.store.read(f"{run.folder}/{keys.DATASET}")
    except MissingError:
        return True
    return False


def prepare_in_job(job: str, step: Step, processes: int) -> StepResult:
    """Prepare the run whose processing job has this name, with this number of processes.

    The job holds the run's lease until its time limit. `sweep` asks SageMaker whether the job is
    still running.
    """
    while (held := step.runs.find(job)) and held.run.status == "running":
        run = held.run
        if run.stage != "prepare":
            break
        with step.claimed(held, "prepare") as ours:
            if ours:
                prepare_run(held, step.runs.recipe(run), step, processes)
        if ours:
            return step.result(run.folder, "prepared")
        time.sleep(POLL_SECONDS)  # The function that created the job still holds the lease.
    return StepResult("nothing to do", held.run.folder if held else None)
