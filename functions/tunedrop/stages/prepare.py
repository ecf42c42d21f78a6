"""Prepare a dropped file: checked and split rows in runs/<dataset>/<run>/dataset/."""

import time
from contextlib import suppress

from tunedrop.documents import keys
from tunedrop.documents.run import Run, run_id
from tunedrop.errors import RecipeError
from tunedrop.events import Completion
from tunedrop.jobs.processing_job import ProcessingSettings
from tunedrop.lifecycle.cancelling import ask_for_release, cancel, is_cancel, refuse_if_cancelled
from tunedrop.lifecycle.dropped import Drop, find_drop, recipe_key
from tunedrop.lifecycle.dropped_recipe import dropped_recipe
from tunedrop.lifecycle.ending import supersede
from tunedrop.lifecycle.preparing import prepare_run
from tunedrop.lifecycle.processing import hand_over, has_processing_job
from tunedrop.lifecycle.step import Step, StepResult
from tunedrop.ports.store import MissingError
from tunedrop.recipe.limits import Limits
from tunedrop.runs.pointer import move_pointer, read_pointer
from tunedrop.runs.repository import Held, Runs, now, seconds_since

POLL_SECONDS = 1.0  # Pause of a processing job until the function has released the lease.
WRITE_SECONDS = 60.0  # dataset.json is written within this time after the end of the step.


def prepare(
    key: str,
    step: Step,
    settings: ProcessingSettings,
    limits: Limits,
    completed: Completion | None = None,
) -> StepResult:
    """Prepare the newest version of the dropped object, here or in a processing job.

    The event is only a hint. The current state of the objects decides.

    Args:
        key: the object that was dropped.
        step: the invocation's step.
        settings: the stack's settings for preparation.
        limits: what the stack allows a recipe to order.
        completed: when the upload was completed, if it came in parts.
    """
    runs = step.runs
    if is_cancel(key):
        return cancel(key, runs)
    drop = find_drop(key, runs.store, completed)
    if isinstance(drop, str):
        return StepResult(f"ignored: {drop}")
    recipe, digest = dropped_recipe(runs, recipe_key(drop.source.key), limits)
    run = _new_run(drop, digest)
    decision, before = move_pointer(runs, run, rerun=drop.rerun)
    if decision in ("join", "older"):
        folder = keys.run_folder(drop.dataset, before.run) if before else None
        return StepResult("joined" if decision == "join" else "ignored: an older upload", folder)
    if decision == "start" and before:
        supersede_run(runs, step, drop.dataset, before.run)
    held = _started(runs, run)
    if held is None or has_processing_job(held.run, step):
        return StepResult("nothing to do", run.folder)
    done, was_killed = "prepared", held.run.lease is not None
    with step.claimed(held, "prepare") as ours:
        if ours:
            refuse_if_cancelled(run.source, runs.store)
            if isinstance(recipe, RecipeError):
                raise recipe
            if hand_over(held, recipe, step, settings, was_killed=was_killed):
                done = "preparing in a processing job"
            else:
                prepare_run(held, recipe, step)
    return step.result(run.folder, done) if ours else StepResult("nothing to do", run.folder)


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
        created=now(),
    )


def _started(runs: Runs, run: Run) -> Held | None:
    """Return the run to work on: a new one, or an ended one that a new upload revives."""
    pointer, _ = read_pointer(runs.store, run.dataset)
    run.generation = pointer.generation if pointer else run.generation
    held = runs.create(run)
    found = held.run
    if found.status == "running":
        # The stage is `train` when prepare was killed just before it wrote dataset.json.
        return held if found.stage == "prepare" or _unwritten(runs, found) else None
    newer = found.ended is not None and run.source.modified > found.ended
    if found.status == "superseded" or (found.status == "failed" and newer):
        found.source = run.source
        return held if runs.revive(held) else None
    return None


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
