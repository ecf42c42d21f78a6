"""Any failure on the way becomes one email that says what went wrong, where, and what to do."""

from tunedrop.errors import HostingError, TrainingError
from tunedrop.pointer import read_pointer
from tunedrop.runs import Runs, gave_up
from tunedrop.service import TrainingJob
from tunedrop.stages.dropped import dataset_of
from tunedrop.stages.ending import Ending
from tunedrop.stages.step import Outcome
from tunedrop.store import MissingError

AGAIN = "then drop the file again."


def report_failed_run(folder: str, ending: Ending) -> Outcome:
    """A stage has ended the run as failed: tell it, and clean up."""
    try:
        ending.settle(folder)
    except MissingError:
        return Outcome("ignored: there is no such run", folder)
    return Outcome("reported", folder)


def report_failed_job(job_name: str, ending: Ending) -> Outcome:
    """A training job has failed or was stopped: end its run."""
    held = ending.runs.find(job_name)
    if held is None:
        return Outcome("ignored: not a job of a run that counts")
    job = ending.sagemaker.training_job(job_name)
    if job is None or job.status not in ("Failed", "Stopped"):
        return Outcome("nothing to do", held.run.folder)
    if held.run.stage == "train":
        ending.fail(held.run.folder, "train", _job_error(job))
    return Outcome("reported", held.run.folder)


def report_failed_endpoint(endpoint_name: str, ending: Ending) -> Outcome:
    """An endpoint did not come up: end its run."""
    held = ending.runs.find(endpoint_name)
    if held is None:
        return Outcome("ignored: not an endpoint of a run that counts")
    endpoint = ending.sagemaker.endpoint(endpoint_name)
    if endpoint is None or endpoint.status != "Failed":
        return Outcome("nothing to do", held.run.folder)
    error = HostingError(
        f"The endpoint {endpoint_name} did not come up: {endpoint.failure_reason}",
        f"Read the log group /aws/sagemaker/Endpoints/{endpoint_name}; {AGAIN}",
    )
    ending.fail(held.run.folder, "deploy", error)
    return Outcome("reported", held.run.folder)


def report_dead_letter(subject: str, function: str, reason: str, ending: Ending) -> Outcome:
    """A function gave up on an event: end the run that the event was about.

    Args:
        subject: the key, job or endpoint that the event named.
        function: the function that gave up.
        reason: what it said last.
        ending: ends the run.
    """
    folder = folder_of(subject, ending.runs)
    if folder is None:
        return Outcome(f"ignored: {subject} belongs to no run that counts")
    ending.fail(folder, function, gave_up(function, reason))
    return Outcome("reported", folder)


def folder_of(subject: str, runs: Runs) -> str | None:
    """Return the folder of the run that a key, a job or an endpoint belongs to."""
    if subject.startswith("runs/"):
        return run_folder(subject)
    if dataset := dataset_of(subject):
        pointer, _ = read_pointer(runs.store, dataset)
        return f"runs/{dataset}/{pointer.run}" if pointer else None
    held = runs.find(subject)
    return held.run.folder if held else None


def run_folder(key: str) -> str:
    """Return the folder runs/<dataset>/<run> that a document's key stands in."""
    return "/".join(key.split("/")[:3])


def _job_error(job: TrainingJob) -> TrainingError:
    if job.secondary_status == "MaxRuntimeExceeded":
        return TrainingError(
            f"The training job {job.name} reached its time limit and was stopped.",
            f"Raise training.max_hours and budget_usd, or lower rows.max_train; {AGAIN}",
        )
    if job.status == "Stopped":
        return TrainingError(
            f"The training job {job.name} was stopped by hand.", AGAIN.capitalize()
        )
    return TrainingError(
        f"The training job {job.name} failed: {job.failure_reason}",
        f"Read its log in /aws/sagemaker/TrainingJobs; {AGAIN}",
    )
