"""Find the rows of another dataset that a recipe mixes into the training (`mix`)."""

from tunedrop.documents import keys
from tunedrop.documents.dataset import TECHNIQUES, Dataset
from tunedrop.errors import RecipeError
from tunedrop.ports.store import MissingError
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.pointer import read_pointer
from tunedrop.runs.repository import Runs


def mixed_run(runs: Runs, recipe: Recipe, dataset: Dataset) -> str | None:
    """Return the folder of the run whose training rows are mixed in; None without `mix`.

    It is the run of the other dataset that counts now.

    Raises:
        RecipeError: the other dataset is not prepared, is this one, or is for another technique.
    """
    other = recipe.mix.dataset
    if not other:
        return None
    pointer, _ = read_pointer(runs.store, other)
    folder = keys.run_folder(other, pointer.run) if pointer else ""
    try:
        mixed = runs.document(runs.load(folder).run, keys.DATASET, Dataset) if folder else None
    except MissingError:
        mixed = None
    if mixed is None or other == dataset.dataset:
        raise _refusal(f"{other} is not another dataset that is prepared", "another dataset")
    wanted, found = TECHNIQUES[dataset.task], TECHNIQUES[mixed.task]
    if wanted != found:
        reason = f"the rows of {other} are for {found}, and those of this dataset for {wanted}"
        raise _refusal(reason, f"a dataset for {wanted}")
    return folder


def _refusal(reason: str, wanted: str) -> RecipeError:
    return RecipeError(
        f"recipe.yaml: mix.dataset: {reason}.",
        f"Name {wanted} that has been prepared, or take mix out of recipe.yaml.",
    )
