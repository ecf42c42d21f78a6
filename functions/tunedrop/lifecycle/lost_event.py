"""The event that a run waits for, as SageMaker and the bucket tell.

`sweep` sends it again if nobody works on the run. A dead letter ends a run only if it is about this
event.
"""

from collections.abc import Mapping
from typing import Any

from tunedrop.documents import keys
from tunedrop.documents.run import Run
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.trained import TRAINING_EVENT, TUNING_EVENT, job_of
from tunedrop.ports.sagemaker import ENDPOINT_FAILURES
from tunedrop.ports.store import MissingError


def lost_event(run: Run, ending: Ending) -> tuple[str, Mapping[str, Any]] | None:
    """Return the function and event that the run waits for; None while SageMaker works."""
    if run.stage == "prepare":
        return _lost_in_preparation(run, ending)
    if run.stage == "train":
        return _lost_in_training(run, ending)
    endpoint = ending.sagemaker.endpoint(run.name)
    if endpoint is None and run.stage == "deploy":
        return "deploy", _trained_event(run)
    status = endpoint.status if endpoint else "Failed"
    detail = {"EndpointName": run.name, "EndpointStatus": status}
    if status == "InService":
        return "evaluate", {"detail": detail}
    if status in ENDPOINT_FAILURES:
        return "report_failure", {
            "detail-type": "SageMaker Endpoint State Change",
            "detail": detail,
        }
    return None


def _lost_in_preparation(run: Run, ending: Ending) -> tuple[str, Mapping[str, Any]] | None:
    """Return the event to prepare again, or to report a job that left no dataset.

    While the base model is fetched, nothing is lost.
    """
    if run.fetching and not run.processing:
        fetch = ending.sagemaker.processing_job(run.fetching.job)
        if fetch and fetch.status in ("InProgress", "Stopping"):
            return None
    job = ending.sagemaker.processing_job(run.processing.job) if run.processing else None
    if job is None:
        return "prepare", object_event(run.source.bucket, run.source.key)
    if job.status in ("InProgress", "Stopping"):
        return None
    detail = {"ProcessingJobName": job.name, "ProcessingJobStatus": job.status}
    return "report_failure", {
        "detail-type": "SageMaker Processing Job State Change",
        "detail": detail,
    }


def _lost_in_training(run: Run, ending: Ending) -> tuple[str, Mapping[str, Any]] | None:
    if run.reuses:
        return "deploy", _trained_event(run)
    job = job_of(run, ending.sagemaker)
    if job is None:
        try:
            ending.runs.store.head(f"{run.folder}/{keys.DATASET}")
        except MissingError:
            return _lost_in_preparation(run, ending)
        key = f"{run.folder}/{keys.DATASET}"
        return "train", object_event(run.source.bucket, key)
    if job.status == "Completed":
        return "deploy", _trained_event(run)
    if job.status in ("Failed", "Stopped"):
        return "report_failure", job_event(run, job.status)
    return None


def _trained_event(run: Run) -> Mapping[str, Any]:
    """Return the event that the run's adapter is there: its own, or that of an earlier run."""
    if run.reuses:
        return object_event(run.source.bucket, f"{run.folder}/{keys.reuse(run.attempt)}")
    return job_event(run, "Completed")


def job_event(run: Run, status: str) -> Mapping[str, Any]:
    """Return the event of a training or tuning job that has changed to this status."""
    prefix = "HyperParameterTuningJob" if run.tuning else "TrainingJob"
    return {
        "detail-type": TUNING_EVENT if run.tuning else TRAINING_EVENT,
        "detail": {f"{prefix}Name": run.name, f"{prefix}Status": status},
    }


def object_event(bucket: str, key: str) -> Mapping[str, Any]:
    """Return the event of a new object."""
    return {
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}},
    }
