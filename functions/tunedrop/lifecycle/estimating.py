"""Estimate what the training of a prepared run will cost.

`prepare` does so if the base model is in the bucket, otherwise `train`. This module is apart from
`preparing`, because the train function has none of the prepare layer's packages.
"""

from tunedrop.documents.dataset import TECHNIQUES, Dataset
from tunedrop.documents.run import CostEstimate
from tunedrop.errors import BaseModelError
from tunedrop.jobs.base_model import read_manifest
from tunedrop.jobs.pricing import estimate
from tunedrop.recipe.instances import Catalogue
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Runs


def estimate_training(
    runs: Runs, recipe: Recipe, dataset: Dataset, catalogue: Catalogue
) -> CostEstimate | None:
    """Return the range, or None without a price; raises BaseModelError without a manifest."""
    manifest = read_manifest(runs.store, recipe)
    return estimate(
        recipe,
        round(dataset.tokens.total / (1 - recipe.mix.used_share)),
        manifest.parameters,
        catalogue,
        TECHNIQUES[dataset.task],
    )


def estimate_early(runs: Runs, recipe: Recipe, dataset: Dataset) -> CostEstimate | None:
    """Return the range, or None when the base model is not in the bucket.

    A run that is only to be prepared does not fetch it.
    """
    try:
        return estimate_training(runs, recipe, dataset, runs.catalogue())
    except BaseModelError:
        return None
