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
from tunedrop.ports.services import TrainingJob
from tunedrop.runs.repository import Held


def deploy(subject: str, step: Step, settings: HostingSettings) -> StepResult:
    """Create the endpoint of the run whose adapter is there, unless it exists.

    `subject` is the name of the run's training job, or the key of the object that tells of the
    adapter of an earlier run.
    """
    held = step.runs.find_by(subject, keys.reuse)
    if held is None:
        return StepResult("ignored: not a job of a run that counts")
    run = held.run
    job = None if run.reuses else step.sagemaker.training_job(run.name)
    is_trained = run.reuses or (job and job.status == "Completed")
    if not is_trained or run.stage not in ("train", "deploy"):
        return StepResult("nothing to do", run.folder)
    if run.stage == "deploy" and run.endpoint and step.sagemaker.endpoint(run.endpoint):
        return StepResult("nothing to do", run.folder)
    with step.claimed(held, "deploy") as ours:
        if ours:
            _start(held, job, step, settings)
    return step.result(run.folder, "deploying") if ours else StepResult("nothing to do", run.folder)


def _start(held: Held, job: TrainingJob | None, step: Step, settings: HostingSettings) -> None:
    run = held.run
    recipe = step.runs.recipe(run)
    if job:
        _note_training(run, job, step)
    run.stages["train"].ended = run.stages["deploy"].started
    run.endpoint = run.name
    step.runs.save(held)
    step.sagemaker.create_endpoint(
        model_request(run, recipe, run.links["artifact"], settings),
        endpoint_config_request(run, recipe, settings),
        endpoint_request(run, settings),
    )
    step.finish(held, "deploy")


def _note_training(run: Run, job: TrainingJob, step: Step) -> None:
    """Note in the run what its training job has left and cost."""
    if not job.artifact:
        raise TrainingError(
            f"The training job {job.name} completed without a model artifact.",
            "Read its log in /aws/sagemaker/TrainingJobs; then drop the file again.",
        )
    if job.billable_seconds is not None:
        price = bill(job.instance, job.billable_seconds, step.runs.catalogue())
        run.cost = ActualCost(job.billable_seconds, price)
    run.links["artifact"] = job.artifact
