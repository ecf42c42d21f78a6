"""What the training of a prepared run will cost: said by `prepare` if it can, else by `train`."""

from tunedrop.documents.dataset import Dataset
from tunedrop.documents.run import CostEstimate
from tunedrop.errors import BaseModelError
from tunedrop.jobs.base_model import read_manifest
from tunedrop.jobs.pricing import estimate
from tunedrop.ports.store import Store
from tunedrop.recipe.schema import Recipe


def estimate_training(store: Store, recipe: Recipe, dataset: Dataset) -> CostEstimate | None:
    """Return the range, or None without a price; raises BaseModelError without a manifest."""
    manifest = read_manifest(store, recipe)
    return estimate(recipe, dataset.tokens.total, manifest.parameters)


def estimate_early(store: Store, recipe: Recipe, dataset: Dataset) -> CostEstimate | None:
    """Return the range if the base model is at hand already: it may still come before training."""
    try:
        return estimate_training(store, recipe, dataset)
    except BaseModelError:
        return None
