"""Choose the hyperparameters of a prepared run and estimate what its training will cost.

`prepare` does so if the base model is in the bucket, to show it; `train` always does. This module
is apart from `preparing`, because the train function has none of the prepare layer's packages.
"""

from typing import NamedTuple

from tunedrop.documents.dataset import TECHNIQUES, Dataset
from tunedrop.documents.run import CostEstimate
from tunedrop.errors import BaseModelError
from tunedrop.jobs.base_model import read_manifest
from tunedrop.jobs.choosing import Chosen, choose
from tunedrop.jobs.model_shape import read_shape
from tunedrop.jobs.pricing import Work, estimate
from tunedrop.jobs.probing import RatesToTry, announced, rates_to_try
from tunedrop.recipe.instances import Catalogue
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Runs


class Plan(NamedTuple):
    """The training as it will be: its hyperparameters, and its cost where a price is known.

    `probe` has the learning rates that the job tries first.
    """

    chosen: Chosen
    estimate: CostEstimate | None
    probe: RatesToTry


def plan_training(runs: Runs, recipe: Recipe, dataset: Dataset, catalogue: Catalogue) -> Plan:
    """Return the plan; raises BaseModelError without a manifest."""
    manifest = read_manifest(runs.store, recipe)
    chosen = choose(recipe, dataset, read_shape(runs.store, recipe, manifest))
    tokens = round(dataset.tokens.total / (1 - recipe.mix.used_share))
    epochs = _epochs(recipe, chosen)
    technique = TECHNIQUES[dataset.task]
    work = Work(tokens, manifest.parameters, epochs, technique)
    estimated = estimate(recipe, work, catalogue)
    probe = rates_to_try(recipe, technique, chosen, estimated)
    return Plan(announced(chosen, probe), estimated, probe)


def _epochs(recipe: Recipe, chosen: Chosen) -> tuple[float, float]:
    """Return the smallest and the largest number of epochs that a job of the run can have."""
    tuned = (recipe.tune.parameters or {}).get("epochs") if recipe.tune else None
    values = [float(value) for value in tuned] if tuned else [chosen.hyperparameters.epochs]
    return min(values), max(values)


def plan_early(runs: Runs, recipe: Recipe, dataset: Dataset) -> Plan | None:
    """Return the plan, or None when the base model is not in the bucket yet.

    A run that is only to be prepared does not fetch it.
    """
    try:
        return plan_training(runs, recipe, dataset, runs.catalogue())
    except BaseModelError:
        return None
