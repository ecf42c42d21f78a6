"""Turn any failure into one email that says what went wrong, where, and what to do."""

import time
from collections.abc import Mapping
from typing import Any

from tunedrop import events
from tunedrop.documents import keys
from tunedrop.documents.run import Run
from tunedrop.errors import HostingError
from tunedrop.events import DeadLetter
from tunedrop.lifecycle.dropped import dataset_of
from tunedrop.lifecycle.ending import Ending, gave_up
from tunedrop.lifecycle.job_errors import AGAIN, job_error, processing_error, tuning_error
from tunedrop.lifecycle.lost_drops import uncounted
from tunedrop.lifecycle.lost_event import lost_event
from tunedrop.lifecycle.step import StepResult
from tunedrop.lifecycle.trained import job_of
from tunedrop.lifecycle.untaken import tell_of_drop
from tunedrop.ports.sagemaker import ENDPOINT_FAILURES, ProcessingJob, TuningJob
from tunedrop.ports.store import MissingError
from tunedrop.runs.pointer import read_pointer
from tunedrop.runs.repository import Runs

TRIES = 2  # How often a processing job is started for one attempt of a user.
TRY_COUNT = "processing job"  # The key of run.nudges that counts further tries.


def report_failed_run(folder: str, ending: Ending) -> StepResult:
    """Send the email of a run that a stage has ended as failed, and clean up."""
    try:
        ending.settle(folder)
    except MissingError:
        return StepResult("ignored: there is no such run", folder)
    return StepResult("reported", folder)


def report_drop(notice: str, ending: Ending) -> StepResult:
    """Send the email about an upload that starts no run."""
    return tell_of_drop(notice, ending)


def report_failed_job(job_name: str, ending: Ending) -> StepResult:
    """End the run of a training or tuning job that failed or was stopped.

    A failed trial of a tuning job belongs to no run: the tuning goes on without it.
    """
    held = ending.runs.find(job_name)
    if held is None:
        return StepResult("ignored: not a job of a run that counts")
    job = job_of(held.run, ending.sagemaker)
    if job is None or job.status not in ("Failed", "Stopped"):
        return StepResult("nothing to do", held.run.folder)
    if held.run.stage == "train":
        error = tuning_error(job, ending) if isinstance(job, TuningJob) else job_error(job)
        ending.fail(held.run.folder, "train", error)
    return StepResult("reported", held.run.folder)


def report_failed_processing_job(job_name: str, ending: Ending) -> StepResult:
    """End the run of a processing job that failed, was stopped, or left no dataset.

    When the data were at fault, the job has ended the run itself.
    """
    held = ending.runs.find(job_name)
    if held is None:
        return StepResult("ignored: not a job of a run that counts")
    run = held.run
    job = ending.sagemaker.processing_job(job_name)
    if job is None or job.status in ("InProgress", "Stopping") or _is_prepared(run, ending.runs):
        return StepResult("nothing to do", run.folder)
    if _may_succeed(job) and _tries_again(run, ending.runs):
        return StepResult("left to sweep: another job prepares it", run.folder)
    ending.fail(run.folder, "prepare", processing_error(job, run))
    return StepResult("reported", run.folder)


def _may_succeed(job: ProcessingJob) -> bool:
    """Return whether another job could succeed; one without enough memory fails again."""
    lacks_memory = "memory" in (job.failure_reason or "").lower()
    return job.status == "Failed" and not job.timed_out and not lacks_memory


def _tries_again(run: Run, runs: Runs) -> bool:
    """Let the run begin its preparation once more under a new name; False after the last try.

    Machines fail, while data at fault end the run in a job that completes. `sweep` finds the run
    that nobody prepares and calls `prepare`.
    """

    def next_try(newest: Run) -> bool:
        tried = newest.nudges.get(TRY_COUNT, 0) + 1
        if newest.status != "running" or newest.attempt != run.attempt or tried >= TRIES:
            return False
        newest.nudges[TRY_COUNT] = tried
        newest.attempt += 1
        newest.stage = "prepare"
        newest.lease = newest.begun_by = newest.progress = None
        newest.processing = newest.waiting = None
        return True

    newest = runs.update(run.folder, next_try).run
    if newest.status != "running" or newest.attempt <= run.attempt:
        return False
    runs.count_attempt(newest)
    return True


def _is_prepared(run: Run, runs: Runs) -> bool:
    """Return whether dataset.json was written; a job may be killed just before that."""
    if run.stage == "prepare":
        return False
    try:
        runs.store.head(f"{run.folder}/{keys.DATASET}")
    except MissingError:
        return False
    return True


def report_failed_endpoint(endpoint_name: str, ending: Ending) -> StepResult:
    """End the run of an endpoint that did not start, stopped working, or was deleted by hand."""
    held = ending.runs.find(endpoint_name)
    if held is None:
        return StepResult("ignored: not an endpoint of a run that counts")
    run, endpoint = held.run, ending.sagemaker.endpoint(endpoint_name)
    is_deleted = endpoint is None and run.stage == "evaluate"
    if not is_deleted and (endpoint is None or endpoint.status not in ENDPOINT_FAILURES):
        return StepResult("nothing to do", run.folder)
    reason = endpoint.failure_reason or endpoint.status if endpoint else "it was deleted by hand"
    error = HostingError(
        f"The endpoint {endpoint_name} does not answer: {reason}",
        f"Read the log group /aws/sagemaker/Endpoints/{endpoint_name}; {AGAIN}",
    )
    ending.fail(run.folder, run.stage, error)
    return StepResult("reported", run.folder)


def report_dead_letter(letter: DeadLetter, ending: Ending) -> StepResult:
    """End the run of an event that a function could not handle, or report a drop without a run."""
    subject = events.subject(letter.request_payload)
    if keys.is_drop_notice(subject):
        return tell_of_drop(subject, ending)
    if upload := uncounted(ending.runs, subject, letter.completed):
        ending.report_unstarted(upload, letter.reason)
        return StepResult("reported: no run was started")
    folder = folder_of(subject, ending.runs)
    if folder is None:
        return StepResult(f"ignored: {subject} belongs to no run that counts")
    run = ending.runs.load(folder).run
    if run.status == "running" and not _stops(letter, subject, run, ending):
        return StepResult("ignored: the run does not wait for this event", folder)
    ending.fail(folder, run.stage, gave_up(letter.function, letter.reason))
    return StepResult("reported", folder)


def _stops(letter: DeadLetter, subject: str, run: Run, ending: Ending) -> bool:
    """Return whether the run cannot go on without the event that could not be handled.

    It can if the event was a late or repeated one: about another version of the upload, for another
    stage than the one that the run waits for, or of an invocation that did not begin the stage. If
    nothing works on the run after all, `sweep` sends the event that it waits for. It also does so
    while the run waits for an instance, which has a limit of its own.
    """
    lease, source = run.lease, run.source
    if run.waiting:
        return False
    if lease and lease.owner != letter.request_id and lease.expires > time.time():
        return False
    if subject == source.key and source.version_id not in (letter.version_id, "null"):
        return False
    lost = lost_event(run, ending)
    function = _function(letter.request_payload, subject)
    return lost is not None and lost[0] == function and _began(letter, function, run)


def _began(letter: DeadLetter, function: str, run: Run) -> bool:
    """Return whether the invocation had begun the stage; report_failure begins none."""
    return function == "report_failure" or letter.request_id == run.begun_by


def _function(event: Mapping[str, Any], subject: str) -> str:
    """Return the stage whose function the rules call for an event."""
    if subject.startswith(keys.DATASETS):
        return "prepare"
    if subject.endswith(f"/{keys.DATASET}"):
        return "train"
    detail = event.get("detail", {})
    jobs = ("TrainingJobStatus", "HyperParameterTuningJobStatus")
    is_trained = any(detail.get(status) == "Completed" for status in jobs)
    if is_trained or "/config/reuse-" in subject:
        return "deploy"
    is_in_service = detail.get("EndpointStatus") in ("IN_SERVICE", "InService")
    return "evaluate" if is_in_service else "report_failure"


def folder_of(subject: str, runs: Runs) -> str | None:
    """Return the folder of the run that a key, a job or an endpoint belongs to."""
    if subject.startswith(keys.RUNS):
        return keys.folder_of(subject)
    if dataset := dataset_of(subject):
        pointer, _ = read_pointer(runs.store, dataset)
        return keys.run_folder(dataset, pointer.run) if pointer else None
    held = runs.find(subject)
    return held.run.folder if held else None
