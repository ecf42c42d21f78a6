"""Start the training or tuning job of a prepared run, or use the adapter of an earlier run."""

from tunedrop.documents import keys
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.run import Run
from tunedrop.errors import BaseModelError
from tunedrop.jobs.base_model import models_in
from tunedrop.jobs.pricing import refuse_what_cannot_end
from tunedrop.jobs.quotas import refuse_what_cannot_run
from tunedrop.jobs.training_job import TrainingSettings, training_config, training_job_request
from tunedrop.jobs.tuning_job import tuning_job_request
from tunedrop.lifecycle.bills import reserve
from tunedrop.lifecycle.continuing import require_adapter
from tunedrop.lifecycle.earlier import call_deploy, run_to_reuse, use_again
from tunedrop.lifecycle.estimating import Plan, plan_training
from tunedrop.lifecycle.mixing import mixed_run
from tunedrop.lifecycle.step import Step, StepResult
from tunedrop.lifecycle.trained import job_of
from tunedrop.ports.services import Quotas
from tunedrop.recipe.instances import Catalogue
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Held, Runs, encode


def train(folder: str, step: Step, settings: TrainingSettings, quotas: Quotas) -> StepResult:
    """Start the run's training or tuning job, unless it exists or an earlier run did the same."""
    held = step.runs.load(folder)
    run = held.run
    if run.stage == "train" and run.reuses:  # Perhaps the invocation before was killed.
        call_deploy(run, step.runs)
        return StepResult("using an earlier adapter", folder)
    if run.stage != "train" or (run.job and job_of(run, step.sagemaker)):
        return StepResult("nothing to do", folder)
    with step.claimed(held, "train") as ours:
        if ours:
            _start(held, step, settings, quotas)
    done = "using an earlier adapter" if held.run.reuses else "training"
    return step.result(folder, done) if ours else StepResult("nothing to do", folder)


def _start(held: Held, step: Step, settings: TrainingSettings, quotas: Quotas) -> None:
    run, runs = held.run, step.runs
    recipe = runs.recipe(run)
    dataset = runs.document(run, keys.DATASET, Dataset)
    run.mixed = mixed_run(runs, recipe, dataset)
    require_adapter(run, runs)
    if earlier := run_to_reuse(run, recipe, runs):
        use_again(run, earlier)
        step.finish(held, "train")
        call_deploy(run, runs)
        return
    catalogue = runs.catalogue()
    plan = _planned(run, recipe, dataset, runs, catalogue)
    if not run.waiting:  # Otherwise they were looked at when the run began to wait.
        refuse_what_cannot_run(recipe, quotas.known())
    reserve(run, recipe, step, catalogue, settings.monthly_usd)
    config = encode(training_config(run.run, recipe, dataset.task, plan.chosen, plan.probe))
    runs.store.write(f"{run.folder}/{keys.TRAINING_CONFIG}", config, "application/json")
    # The name must be in run.json before the job exists, because its events can come at once.
    run.job, run.tuning = run.name, recipe.tune is not None
    run.links["logs"] = "/aws/sagemaker/TrainingJobs"
    runs.save(held)
    if run.tuning:
        chosen = plan.chosen.hyperparameters
        request = tuning_job_request(run, recipe, chosen, settings, catalogue)
        step.sagemaker.create_tuning_job(request)
    else:
        request = training_job_request(run, recipe, settings, catalogue)
        step.sagemaker.create_training_job(request)
    step.finish(held, "train")


def _planned(run: Run, recipe: Recipe, dataset: Dataset, runs: Runs, catalogue: Catalogue) -> Plan:
    """Return how the run is trained; note its price, or that none is known.

    Raises:
        BaseModelError: the base model is not there; the remedy names those that are.
        BudgetError: the training cannot end within the recipe's budget or hours.
    """
    try:
        plan = plan_training(runs, recipe, dataset, catalogue)
    except BaseModelError as error:
        error.remedy = f"{error.remedy} {models_in(runs.store)}"
        raise
    run.estimate = plan.estimate
    refuse_what_cannot_end(run.estimate)
    if run.estimate is None:
        warning = (
            f"No price is known for {recipe.training.instances[0]}: the run's cost is not "
            "estimated, and only training.max_hours limits it."
        )
        run.warnings = [*run.warnings, warning]
    return plan
