"""On a schedule: send lost events again, settle ended runs, delete expired endpoints.

Only runs with a marker are examined, so that old runs cost nothing.
"""

import time
from collections.abc import Mapping
from typing import Any

from tunedrop.documents import keys
from tunedrop.documents.run import Run
from tunedrop.lifecycle.ending import Ending, gave_up, supersede
from tunedrop.lifecycle.step import StepResult
from tunedrop.ports.services import Functions
from tunedrop.ports.store import MissingError
from tunedrop.runs.pointer import is_current
from tunedrop.runs.repository import now

MAX_NUDGES = 3  # Number of times that a stage is called again before the run is ended.


def sweep(ending: Ending, functions: Functions) -> list[StepResult]:
    """Check every run that is not yet ended and cleaned up."""
    return [_look_after(folder, ending, functions) for folder in ending.runs.active()]


def _look_after(folder: str, ending: Ending, functions: Functions) -> StepResult:
    try:
        run = ending.runs.load(folder).run
    except MissingError:
        return StepResult("left alone: not yet written", folder)
    if run.status != "running":
        return _settle(run, ending)
    if not is_current(ending.runs.store, run):
        supersede(folder, ending.runs, ending.sagemaker)
        return StepResult("superseded", folder)
    if _is_held(run):
        return StepResult("left alone: being worked on", folder)
    lost = lost_event(run, ending)
    if lost is None:
        return StepResult("left alone: waiting for SageMaker", folder)
    return _send(run, *lost, ending, functions)


def _settle(run: Run, ending: Ending) -> StepResult:
    """Settle an ended run. A run that asks has its email sent, or ends when its time is over."""
    if run.status != "asking":
        ending.settle(run.folder)
        return StepResult("settled", run.folder)
    if not is_current(ending.runs.store, run):
        supersede(run.folder, ending.runs, ending.sagemaker)
        return StepResult("superseded", run.folder)
    if run.answer_until and now() > run.answer_until:
        ending.expire(run)
        return StepResult("expired: nobody answered", run.folder)
    ending.settle(run.folder)
    return StepResult("left alone: waiting for an answer", run.folder)


def _is_held(run: Run) -> bool:
    """Return whether a function works on the run; processing jobs are asked of SageMaker."""
    lease, job = run.lease, run.processing.job if run.processing else None
    return lease is not None and lease.owner != job and lease.expires > time.time()


def lost_event(run: Run, ending: Ending) -> tuple[str, Mapping[str, Any]] | None:
    """Return the function and event that the run waits for; None while SageMaker works."""
    if run.stage == "prepare":
        return _lost_in_preparation(run, ending)
    if run.stage == "train":
        return _lost_in_training(run, ending)
    endpoint = ending.sagemaker.endpoint(run.name)
    if endpoint is None and run.stage == "deploy":
        return "deploy", {"detail": {"TrainingJobName": run.name, "TrainingJobStatus": "Completed"}}
    status = endpoint.status if endpoint else "Failed"
    detail = {"EndpointName": run.name, "EndpointStatus": status}
    if status == "InService":
        return "evaluate", {"detail": detail}
    if status == "Failed":
        return "report_failure", {
            "detail-type": "SageMaker Endpoint State Change",
            "detail": detail,
        }
    return None


def _lost_in_preparation(run: Run, ending: Ending) -> tuple[str, Mapping[str, Any]] | None:
    """Return the event to prepare again, or to report a job that left no dataset."""
    job = ending.sagemaker.processing_job(run.processing.job) if run.processing else None
    if job is None:
        return "prepare", _object_event(run, run.source.key)
    if job.status in ("InProgress", "Stopping"):
        return None
    detail = {"ProcessingJobName": job.name, "ProcessingJobStatus": job.status}
    return "report_failure", {
        "detail-type": "SageMaker Processing Job State Change",
        "detail": detail,
    }


def _lost_in_training(run: Run, ending: Ending) -> tuple[str, Mapping[str, Any]] | None:
    job = ending.sagemaker.training_job(run.name)
    if job is None:
        try:
            ending.runs.store.head(f"{run.folder}/{keys.DATASET}")
        except MissingError:
            return _lost_in_preparation(run, ending)
        return "train", _object_event(run, f"{run.folder}/{keys.DATASET}")
    detail = {"TrainingJobName": run.name, "TrainingJobStatus": job.status}
    if job.status == "Completed":
        return "deploy", {"detail": detail}
    if job.status in ("Failed", "Stopped"):
        return "report_failure", {
            "detail-type": "SageMaker Training Job State Change",
            "detail": detail,
        }
    return None


def _object_event(run: Run, key: str) -> Mapping[str, Any]:
    return {
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": run.source.bucket}, "object": {"key": key}},
    }


def _send(
    run: Run, function: str, event: Mapping[str, Any], ending: Ending, functions: Functions
) -> StepResult:
    def count(newest: Run) -> bool:
        newest.nudges[function] = newest.nudges.get(function, 0) + 1
        return newest.status == "running" and newest.stage == run.stage and not _is_held(newest)

    newest = ending.runs.update(run.folder, count).run
    if newest.stage != run.stage or _is_held(newest):
        return StepResult("left alone: it has gone on meanwhile", run.folder)
    if newest.nudges[function] > MAX_NUDGES:
        reason = f"it was called {MAX_NUDGES} times more and did not finish"
        ending.fail(run.folder, run.stage, gave_up(function, reason))
        return StepResult("given up", run.folder)
    functions.send(function, event)
    return StepResult(f"sent to {function} again", run.folder)
