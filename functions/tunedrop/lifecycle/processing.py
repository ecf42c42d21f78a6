"""Start a processing job for a drop that is too large for the prepare function."""

from tunedrop.dataset.sizing.predict import predict
from tunedrop.documents import keys
from tunedrop.documents.run import Processing, Run
from tunedrop.jobs.processing_job import (
    LOGS,
    ProcessingSettings,
    instance_for,
    processing_job_request,
    why_too_large,
)
from tunedrop.lifecycle.asking import asks_by_head
from tunedrop.lifecycle.dropped import DroppedFile, parts_of
from tunedrop.lifecycle.step import Step
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Held, encode

KILLED = "the function was killed while it prepared the drop: out of memory or of time"


def has_processing_job(run: Run, step: Step) -> bool:
    """Return whether the run has a processing job already; there must be only one."""
    return run.processing is not None and bool(step.sagemaker.processing_job(run.processing.job))


def hand_over(
    held: Held, recipe: Recipe, step: Step, settings: ProcessingSettings, *, was_killed: bool
) -> bool:
    """Start the run's processing job if the function cannot prepare the drop; else return False.

    If it is doubtful how the drop is meant, the run asks and no job is started.

    The recipe is copied for the job, because recipe.yaml may change before the job starts.

    Args:
        held: the run, claimed.
        recipe: the run's recipe.
        step: the function's step.
        settings: the settings of the stack.
        was_killed: an earlier invocation left its lease behind. It ran out of memory or time in
            spite of the prediction; after an error it would have released the lease.
    """
    run, store = held.run, step.runs.store
    files = [DroppedFile(store, part) for part in parts_of(run.source)]
    footprint = predict(files, recipe)
    reason = why_too_large(footprint, settings)
    if reason is None and not was_killed:
        return False
    if asks_by_head(held, files, recipe, step):
        return True
    store.write(f"{run.folder}/{keys.RECIPE}", encode(recipe), "application/json")
    # The name must be in run.json before the job exists, because its events can come at once.
    run.processing = Processing(
        job=run.name, instance=instance_for(footprint), reason=reason or KILLED
    )
    run.links["logs"] = LOGS
    step.runs.save(held)
    step.sagemaker.create_processing_job(processing_job_request(run, footprint, settings))
    step.finish(held, "prepare")
    return True
