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
from tunedrop.lifecycle.trained import how_trained, job_of, trials_of
from tunedrop.ports.sagemaker import TrainingJob, TuningJob
from tunedrop.runs.repository import Held, encode


def deploy(subject: str, step: Step, settings: HostingSettings) -> StepResult:
    """Create the endpoint of the run whose adapter is there, unless it exists.

    `subject` is the name of the run's training or tuning job, or the key of the object that tells
    of the adapter of an earlier run. The training jobs of a tuning job have other names and belong
    to no run.
    """
    held = step.runs.find_by(subject, keys.reuse)
    if held is None:
        return StepResult("ignored: not a job of a run that counts")
    run = held.run
    job = None if run.reuses else job_of(run, step.sagemaker)
    is_trained = run.reuses or (job and job.status == "Completed")
    if not is_trained or run.stage not in ("train", "deploy"):
        return StepResult("nothing to do", run.folder)
    if run.stage == "deploy" and run.endpoint and step.sagemaker.endpoint(run.endpoint):
        return StepResult("nothing to do", run.folder)
    with step.claimed(held, "deploy") as ours:
        if ours:
            _start(held, job, step, settings)
    return step.result(run.folder, "deploying") if ours else StepResult("nothing to do", run.folder)


def _start(
    held: Held, job: TrainingJob | TuningJob | None, step: Step, settings: HostingSettings
) -> None:
    run = held.run
    recipe = step.runs.recipe(run)
    if job:
        _note_training(run, job, step)
    used = how_trained(run, step.runs).used
    run.stages["train"].ended = run.stages["deploy"].started
    run.endpoint = run.name
    step.runs.save(held)
    step.sagemaker.create_endpoint(
        model_request(run, recipe, used.hyperparameters, run.links["artifact"], settings),
        endpoint_config_request(run, recipe, settings),
        endpoint_request(run, settings),
    )
    step.finish(held, "deploy")


def _note_training(run: Run, job: TrainingJob | TuningJob, step: Step) -> None:
    """Note in the run what its training or tuning job has left and cost.

    Raises:
        TrainingError: there is no adapter.
    """
    if isinstance(job, TuningJob):
        best, seconds = _best_of_tuning(run, job, step)
    else:
        best, seconds = job, job.billable_seconds
    if not best.artifact:
        raise TrainingError(
            f"The training job {best.name} completed without a model artifact.",
            "Read its log in /aws/sagemaker/TrainingJobs; then drop the file again.",
        )
    if seconds is not None:
        run.cost = ActualCost(seconds, bill(best.instance, seconds, step.runs.catalogue()))
    run.links["artifact"] = best.artifact


def _best_of_tuning(run: Run, job: TuningJob, step: Step) -> tuple[TrainingJob, int | None]:
    """Note the trials, and return the best one's job and the billable seconds of all of them.

    Raises:
        TrainingError: no trial has left a validation loss.
    """
    trials = trials_of(run, step.sagemaker)
    best = step.sagemaker.training_job(trials.winner.job) if trials else None
    if trials is None or best is None:
        raise TrainingError(
            f"The tuning job {job.name} completed, and none of its trials has a validation loss.",
            "Read their logs in /aws/sagemaker/TrainingJobs; then drop the file again.",
        )
    step.runs.store.write(f"{run.folder}/{keys.TRIALS}", encode(trials), "application/json")
    jobs = [step.sagemaker.training_job(each.job) for each in trials.trials]
    return best, sum(each.billable_seconds or 0 for each in jobs if each)
