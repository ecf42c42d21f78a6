"""Deploy a trained adapter: one endpoint that answers as `base` and as `tuned`."""

from tunedrop.documents import keys
from tunedrop.documents.choices import TrainedWith
from tunedrop.documents.run import ActualCost
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


def deploy(job_name: str, step: Step, settings: HostingSettings) -> StepResult:
    """Create the endpoint of the run whose training job has this name, unless it exists."""
    held = step.runs.find(job_name)
    if held is None:
        return StepResult("ignored: not a job of a run that counts")
    run = held.run
    job = step.sagemaker.training_job(job_name)
    if job is None or job.status != "Completed" or run.stage not in ("train", "deploy"):
        return StepResult("nothing to do", run.folder)
    if run.stage == "deploy" and run.endpoint and step.sagemaker.endpoint(run.endpoint):
        return StepResult("nothing to do", run.folder)
    with step.claimed(held, "deploy") as ours:
        if ours:
            _start(held, job, step, settings)
    return step.result(run.folder, "deploying") if ours else StepResult("nothing to do", run.folder)


def _start(held: Held, job: TrainingJob, step: Step, settings: HostingSettings) -> None:
    run = held.run
    recipe = step.runs.recipe(run)
    trained = step.runs.document(run, keys.TRAINING_CONFIG, TrainedWith)
    if not job.artifact:
        raise TrainingError(
            f"The training job {job.name} completed without a model artifact.",
            "Read its log in /aws/sagemaker/TrainingJobs; then drop the file again.",
        )
    if job.billable_seconds is not None:
        price = bill(job.instance, job.billable_seconds, step.runs.catalogue())
        run.cost = ActualCost(job.billable_seconds, price)
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
