"""On a schedule: send lost events again, settle ended runs, delete expired endpoints.

Only runs with a marker and recent uploads are examined, so that old runs cost nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tunedrop.documents import keys
from tunedrop.documents.names import resource_name, run_of_resource
from tunedrop.documents.run import Run
from tunedrop.lifecycle.ending import (
    Ending,
    gave_up,
    keeps_endpoint,
    release,
    release_name,
    supersede,
)
from tunedrop.lifecycle.lost_drops import lost_drops
from tunedrop.lifecycle.lost_event import lost_event, object_event
from tunedrop.lifecycle.step import StepResult
from tunedrop.ports.sagemaker import StackResource, StackResources
from tunedrop.ports.services import Functions, JobLogs
from tunedrop.ports.store import MissingError
from tunedrop.runs.pointer import is_current
from tunedrop.runs.repository import Marker, Runs, now, seconds_since

MAX_NUDGES = 3  # Number of times that a stage is called again before the run is ended.
# A marker without run.json is removed after so many seconds. run.json is written right after it.
EMPTY_SECONDS = 3_600.0
UNCONCERNED = "left alone: it does not wait for this job"
ERROR = "error: "  # The outcome of a run that could not be looked after begins so.


def sweep(
    ending: Ending, functions: Functions, resources: StackResources, job_logs: JobLogs
) -> list[StepResult]:
    """Check the runs that are not yet ended and cleaned up, recent uploads, and what has the tag.

    SageMaker's log groups get a retention, because SageMaker itself keeps them for ever.

    An error of one run does not keep sweep from the others. Its outcome begins with `ERROR`.
    """
    results = [
        _attempted(run, partial(_look_after, run, ending, functions))
        for run in ending.runs.active()
    ]
    return [
        *results,
        *_send_lost_drops(ending, functions),
        *_remove_unknown(resources, ending.runs),
        *_tidy(job_logs),
    ]


def continue_fetched(job: str, ending: Ending, functions: Functions) -> list[StepResult]:
    """Call prepare for every run that waits for this job to fetch its base model."""
    results = (
        _attempted(run, partial(_continue, run, job, ending, functions))
        for run in ending.runs.active()
    )
    return [result for result in results if result.outcome != UNCONCERNED]


def _continue(run_id: str, job: str, ending: Ending, functions: Functions) -> StepResult:
    try:
        folder = ending.runs.marker(run_id).folder
        run = ending.runs.load(folder).run
    except MissingError:  # It has just ended, or is not yet written.
        return StepResult(UNCONCERNED)
    is_waiting = run.status == "running" and run.stage == "prepare"
    if not is_waiting or run.fetching is None or run.fetching.job != job:
        return StepResult(UNCONCERNED, folder)
    functions.send("prepare", object_event(run.source.bucket, run.source.key))
    return StepResult("sent to prepare: its base model's job has ended", folder)


def _attempted(run_id: str, work: Callable[[], StepResult]) -> StepResult:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - also of a run.json that cannot be read
        return _failed(error, run_id)


def _failed(error: Exception, what: str) -> StepResult:
    return StepResult(f"{ERROR}{type(error).__name__}: {error}", what)


def _look_after(run_id: str, ending: Ending, functions: Functions) -> StepResult:
    marker = ending.runs.marker(run_id)
    try:
        run = ending.runs.load(marker.folder).run
    except MissingError:
        return _remove_without_run(marker, ending)
    if run.status != "running":
        return _finish(run, ending) if run.status != "asking" else _await_answer(run, ending)
    folder = run.folder
    if not is_current(ending.runs.store, run):
        supersede(folder, ending.runs, ending.sagemaker)
        return StepResult("superseded", folder)
    release(run, ending.runs, ending.sagemaker)
    if _is_held(run):
        return StepResult("left alone: being worked on", folder)
    lost = lost_event(run, ending)
    if lost is None:
        return StepResult("left alone: waiting for SageMaker", folder)
    return _send(run, *lost, ending, functions)


def _finish(run: Run, ending: Ending) -> StepResult:
    """Settle an ended run. Of a kept endpoint, see whether it still exists."""
    if keeps_endpoint(run) and ending.sagemaker.endpoint(run.name) is None:

        def note(newest: Run) -> bool:
            newest.endpoint = newest.endpoint_expires = None
            newest.warnings = [*newest.warnings, f"The endpoint {run.name} was deleted by hand."]
            return newest.attempt == run.attempt

        ending.runs.update(run.folder, note)
        ending.settle(run.folder)
        return StepResult(f"settled: the endpoint {run.name} was deleted by hand", run.folder)
    ending.settle(run.folder)
    return StepResult("settled", run.folder)


def _await_answer(run: Run, ending: Ending) -> StepResult:
    """Have the email of a run that asks sent, or end the run when its time is over."""
    if not is_current(ending.runs.store, run):
        supersede(run.folder, ending.runs, ending.sagemaker)
        return StepResult("superseded", run.folder)
    if run.answer_until and now() > run.answer_until:
        ending.expire(run)
        return StepResult("expired: nobody answered", run.folder)
    release(run, ending.runs, ending.sagemaker)  # What the attempts before have left.
    ending.settle(run.folder)
    return StepResult("left alone: waiting for an answer", run.folder)


def _remove_without_run(marker: Marker, ending: Ending) -> StepResult:
    """Remove the marker of a run whose folder was deleted by hand, and what the run has created."""
    written = ending.runs.store.head(keys.marker(marker.run)).modified
    if seconds_since(written) < EMPTY_SECONDS:
        return StepResult("left alone: not yet written", marker.folder)
    attempts = range(1, marker.attempt + 1)
    names = (resource_name(marker.dataset, marker.run, attempt) for attempt in attempts)
    gone = [release_name(name, ending.sagemaker) for name in names]
    if not all(gone):
        return StepResult("left alone: the endpoint cannot be deleted yet", marker.folder)
    ending.runs.store.delete(keys.marker(marker.run))
    return StepResult("removed: its run.json was deleted", marker.folder)


def _remove_unknown(resources: StackResources, runs: Runs) -> Iterator[StepResult]:
    """Remove what carries the stack's tag and has no marker: `runs/` was deleted by hand.

    A run has its marker before it creates anything, and until all of it is gone. The resources are
    listed before the markers are read, so that what a new run creates meanwhile has one.
    """

    def is_known(name: str) -> bool:
        parsed = run_of_resource(name)
        return parsed is None or runs.has_marker(parsed[0])

    try:
        unknown = resources.find(is_known)
    except Exception as error:  # noqa: BLE001 - the runs were looked after all the same
        yield _failed(error, "what carries the stack's tag")
        return
    for each in unknown:
        yield _attempted(each.name, partial(_remove, each, resources))


def _remove(resource: StackResource, resources: StackResources) -> StepResult:
    resources.remove(resource)
    return StepResult(f"removed: the {resource.kind} {resource.name}, which belongs to no run")


def _tidy(job_logs: JobLogs) -> Iterator[StepResult]:
    try:
        for line in job_logs.tidy():
            yield StepResult(line)
    except Exception as error:  # noqa: BLE001 - the runs were looked after all the same
        yield _failed(error, "the log groups of SageMaker")


def _send_lost_drops(ending: Ending, functions: Functions) -> Iterator[StepResult]:
    runs = ending.runs
    try:
        for key in lost_drops(runs):
            functions.send("prepare", object_event(runs.store.name, key))
            yield StepResult(f"sent to prepare again: {key}")
    except Exception as error:  # noqa: BLE001 - the runs were looked after all the same
        yield _failed(error, keys.DATASETS)


def _is_held(run: Run) -> bool:
    """Return whether a function works on the run; processing jobs are asked of SageMaker."""
    lease, job = run.lease, run.processing.job if run.processing else None
    return lease is not None and lease.owner != job and lease.expires > time.time()


def _send(
    run: Run, function: str, event: Mapping[str, Any], ending: Ending, functions: Functions
) -> StepResult:
    def count(newest: Run) -> bool:
        if not newest.waiting:  # Waiting for an instance has a limit of its own.
            newest.nudges[function] = newest.nudges.get(function, 0) + 1
        return newest.status == "running" and newest.stage == run.stage and not _is_held(newest)

    newest = ending.runs.update(run.folder, count).run
    if newest.stage != run.stage or _is_held(newest):
        return StepResult("left alone: it has gone on meanwhile", run.folder)
    if newest.nudges.get(function, 0) > MAX_NUDGES:
        reason = f"it was called {MAX_NUDGES} times more and did not finish"
        ending.fail(run.folder, run.stage, gave_up(function, reason))
        return StepResult("given up", run.folder)
    functions.send(function, event)
    return StepResult(f"sent to {function} again", run.folder)
