"""Let a run wait until its base model is in the bucket; one job fetches it for all runs.

The record of the model says which job that is. A run notes the job in run.json before it looks at
the job's state, so that the event of the job's end finds every run that waits for it.
"""

from contextlib import suppress

import msgspec

from tunedrop.documents.run import Fetching
from tunedrop.errors import BaseModelError
from tunedrop.jobs.base_model import is_complete
from tunedrop.jobs.fetch_job import (
    FetchRecord,
    fetch_job_name,
    fetch_job_request,
    record_key,
)
from tunedrop.jobs.processing_job import LOGS, ProcessingSettings
from tunedrop.lifecycle.asking import asks_by_head
from tunedrop.lifecycle.dropped import DroppedFile, parts_of
from tunedrop.lifecycle.step import Step
from tunedrop.ports.sagemaker import ProcessingJob
from tunedrop.ports.store import ChangedError, ExistsError, MissingError
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Held, encode

TRIES = 3  # Jobs that a run waits for when they end without saying what to do about it.
WORKING = ("InProgress", "Stopping")
AGAIN = "then drop the file again."


def awaits_model(held: Held, recipe: Recipe, step: Step, settings: ProcessingSettings) -> bool:
    """Return whether the claimed run has to wait; its lease is released then.

    A run that is only to be prepared does not wait: nothing is to cost money. Before a job is
    started, the run asks if the head of its file is doubtful.

    Raises:
        BaseModelError: the job that the run waited for could not fetch the model.
    """
    run, store = held.run, step.runs.store
    if recipe.stop_after == "prepare" or is_complete(store, recipe):
        return False
    if run.fetching is None:
        files = [DroppedFile(store, part) for part in parts_of(run.source)]
        if asks_by_head(held, files, recipe, step):
            return True
    if _wait_for_current_job(held, recipe, step, settings):
        step.finish(held, "prepare")
        return True
    return False


def _wait_for_current_job(
    held: Held, recipe: Recipe, step: Step, settings: ProcessingSettings
) -> bool:
    """Note the model's current job in run.json and start it if need be; False if it is done."""
    run, store = held.run, step.runs.store
    record, etag = _record(step, recipe)
    name = fetch_job_name(store.name, recipe, record.attempt)
    is_known = run.fetching is not None and run.fetching.job == name
    job = step.sagemaker.processing_job(name)
    if job and job.status not in WORKING:
        if is_complete(store, recipe):
            return False
        if run.fetching and is_known and not _may_pass(job, run.fetching):
            raise _error(job, recipe)
        name = fetch_job_name(store.name, recipe, _next_attempt(step, recipe, record, etag))
        is_known = False
    if not is_known:
        tries = run.fetching.tries + 1 if run.fetching else 1
        run.fetching = Fetching(name, recipe.model_name, tries)
        step.runs.save(held)
        job = step.sagemaker.processing_job(name)
    if job is None:
        request = fetch_job_request(name, store.name, recipe, settings)
        step.sagemaker.create_processing_job(request)
    # A job that ended before the run was noted calls nobody for this run.
    has_ended = job is not None and job.status not in WORKING
    return _wait_for_current_job(held, recipe, step, settings) if has_ended else True


def _record(step: Step, recipe: Recipe) -> tuple[FetchRecord, str]:
    """Return the model's record and its ETag; the first run writes it."""
    store = step.runs.store
    key = record_key(store.name, recipe)
    with suppress(MissingError):
        stored = store.read(key)
        return msgspec.json.decode(stored.body, type=FetchRecord), stored.etag
    record = FetchRecord(recipe.model_name)
    try:
        return record, store.create(key, encode(record))
    except ExistsError:
        stored = store.read(key)
        return msgspec.json.decode(stored.body, type=FetchRecord), stored.etag


def _next_attempt(step: Step, recipe: Recipe, record: FetchRecord, etag: str) -> int:
    """Return the number of the job after one that has failed, also if another run was faster."""
    following = FetchRecord(record.model, record.attempt + 1)
    with suppress(ChangedError):
        step.runs.store.replace(record_key(step.runs.store.name, recipe), encode(following), etag)
        return following.attempt
    return _record(step, recipe)[0].attempt


def _may_pass(job: ProcessingJob, fetching: Fetching) -> bool:
    """Return whether another job may succeed: this one was killed or met an outage."""
    is_told = "\n" in (job.exit_message or "") or job.status == "Stopped"
    return not is_told and fetching.tries < TRIES


def _error(job: ProcessingJob, recipe: Recipe) -> BaseModelError:
    """Return what the job said: in the first line what happened, in the second what to do."""
    message, _, remedy = (job.exit_message or "").partition("\n")
    if remedy:
        return BaseModelError(message, remedy)
    begun = f"The job {job.name} that fetches the base model {recipe.model_name}"
    if job.timed_out:
        return BaseModelError(
            f"{begun} reached its time limit and was stopped.",
            f"See in its log in {LOGS} how fast the hub answered; {AGAIN}",
        )
    if job.status == "Stopped":
        return BaseModelError(f"{begun} was stopped by hand.", AGAIN.capitalize())
    cause = message or job.failure_reason or "it ended and left no model"
    return BaseModelError(f"{begun} failed: {cause}", f"Read its log in {LOGS}; {AGAIN}")
