"""Deploy a trained adapter: one endpoint that answers as `base` and as `tuned`."""

from tunedrop.documents import keys
from tunedrop.documents.run import ActualCost, Run
from tunedrop.errors import TrainingError
from tunedrop.jobs.endpoint import (
    HostingSettings,
    endpoint_config_request,
    endpoint_request,
    model_request,
)
from tunedrop.jobs.pricing import bill
from tunedrop.lifecycle.step import Step, StepResult
from tunedrop.lifecycle.trained import job_of, read_trials, trained_with, trials_of
from tunedrop.ports.services import TrainingJob, TuningJob
from tunedrop.runs.repository import Held, encode


def deploy(job_name: str, step: Step, settings: HostingSettings) -> StepResult:
    """Create the endpoint of the run whose training or tuning job has this name, unless it exists.

    The training jobs of a tuning job have other names and belong to no run.
    """
    held = step.runs.find(job_name)
    if held is None:
        return StepResult("ignored: not a job of a run that counts")
    run = held.run
    job = job_of(run, step.sagemaker)
    if job is None or job.status != "Completed" or run.stage not in ("train", "deploy"):
        return StepResult("nothing to do", run.folder)
    if run.stage == "deploy" and run.endpoint and step.sagemaker.endpoint(run.endpoint):
        return StepResult("nothing to do", run.folder)
    with step.claimed(held, "deploy") as ours:
        if ours:
            _start(held, _trained(held, job, step), step, settings)
    return step.result(run.folder, "deploying") if ours else StepResult("nothing to do", run.folder)


def _trained(held: Held, job: TrainingJob | TuningJob, step: Step) -> TrainingJob:
    """Return the job whose adapter is deployed; of a tuning job, note its trials and take the best.

    Raises:
        TrainingError: no trial has left a validation loss.
    """
    if isinstance(job, TrainingJob):
        return job
    run = held.run
    trials = trials_of(run, step.sagemaker)
    best = step.sagemaker.training_job(trials.winner.job) if trials else None
    if best is None:
        raise TrainingError(
            f"The tuning job {job.name} completed, and none of its trials has a validation loss.",
            "Read their logs in /aws/sagemaker/TrainingJobs; then drop the file again.",
        )
    step.runs.store.write(f"{run.folder}/{keys.TRIALS}", encode(trials), "application/json")
    return best


def _seconds_of_trials(run: Run, step: Step) -> int:
    """Return the billable seconds of all trials."""
    trials = read_trials(run, step.runs)
    jobs = [step.sagemaker.training_job(each.job) for each in trials.trials] if trials else []
    return sum(job.billable_seconds or 0 for job in jobs if job)


def _start(held: Held, job: TrainingJob, step: Step, settings: HostingSettings) -> None:
    run = held.run
    recipe = step.runs.recipe(run)
    trained = trained_with(run, step.runs)
    if not job.artifact:
        raise TrainingError(
            f"The training job {job.name} completed without a model artifact.",
            "Read its log in /aws/sagemaker/TrainingJobs; then drop the file again.",
        )
    seconds = job.billable_seconds if not run.tuning else _seconds_of_trials(run, step)
    if seconds is not None:
        run.cost = ActualCost(seconds, bill(job.instance, seconds, step.runs.catalogue()))
    run.stages["train"].ended = run.stages["deploy"].started
    run.endpoint = run.name
    run.links["artifact"] = job.artifact
    step.runs.save(held)
    step.sagemaker.create_endpoint(
        model_request(run, recipe, trained.hyperparameters, job.artifact, settings),
        endpoint_config_request(run, recipe, settings),
        endpoint_request(run, settings),
    )
    step.finish(held, "deploy")
