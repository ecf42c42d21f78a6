"""The error of a job that ended badly, with what its user can do."""

from tunedrop.documents.run import Run
from tunedrop.errors import ProcessingError, TrainingError
from tunedrop.jobs.processing_job import LOGS
from tunedrop.lifecycle.ending import Ending
from tunedrop.ports.sagemaker import ProcessingJob, TrainingJob, TuningJob

AGAIN = "then drop the file again."


def job_error(job: TrainingJob) -> TrainingError:
    """Return the error of a training job that failed or was stopped."""
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


def tuning_error(job: TuningJob, ending: Ending) -> TrainingError:
    """Return the error of a tuning job, with the reason of the first trial that failed."""
    if job.status == "Stopped":
        return TrainingError(f"The tuning job {job.name} was stopped by hand.", AGAIN.capitalize())
    failed = [trial for trial in ending.sagemaker.trials(job.name) if trial.reason]
    first = f" The first of them, {failed[0].job}: {failed[0].reason}" if failed else ""
    return TrainingError(
        f"The tuning job {job.name} failed: {job.failure_reason}{first}",
        f"Read the logs of its training jobs in /aws/sagemaker/TrainingJobs; {AGAIN}",
    )


def processing_error(job: ProcessingJob, run: Run) -> ProcessingError:
    """Return the error of a processing job that failed, was stopped, or left no dataset."""
    begun = f"The processing job {job.name} that prepares {run.source.key}"
    smaller = "or drop fewer rows, or write checks: basic into recipe.yaml, which needs a tenth"
    if job.timed_out:
        return ProcessingError(
            f"{begun} reached its time limit and was stopped.",
            f"Drop fewer rows, or write checks: basic into recipe.yaml, which is much faster; "
            f"{AGAIN}",
        )
    if job.status == "Stopped":
        return ProcessingError(f"{begun} was stopped by hand.", AGAIN.capitalize())
    cause = job.exit_message or job.failure_reason or "it ended and left no dataset"
    return ProcessingError(
        f"{begun} failed: {cause}",
        f"Read its log in {LOGS}; then drop the file again, {smaller} of the memory.",
    )
