"""What the training of a prepared run will cost: said by `prepare` if it can, else by `train`."""

from tunedrop.base_model import read_manifest
from tunedrop.dataset.document import Dataset
from tunedrop.errors import BaseModelError
from tunedrop.pricing import estimate
from tunedrop.recipe import Recipe
from tunedrop.run import CostEstimate
from tunedrop.store import Store


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
