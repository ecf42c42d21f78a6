"""Start from the adapter of an earlier run, which a recipe names as `base_model: run:…`."""

from msgspec.structs import replace

from tunedrop.documents import keys
from tunedrop.documents.run import Continued, Run
from tunedrop.errors import RecipeError
from tunedrop.lifecycle.trained import how_trained
from tunedrop.ports.store import MissingError
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Runs


def continue_earlier(run: Run, recipe: Recipe, runs: Runs) -> Recipe:
    """Return the recipe with the base model, rank and alpha of the earlier run that it names.

    That run is noted in `run`, which must still be saved. A recipe that names none is returned
    unchanged.

    Raises:
        RecipeError: there is no such run, it has left no adapter, or it cannot be continued so.
    """
    name = recipe.earlier_run
    if name is None:
        return recipe
    folder = f"{keys.RUNS}{name}"
    try:
        earlier = runs.load(folder).run
        before = runs.recipe(earlier)
        used = how_trained(earlier, runs).used.hyperparameters
    except MissingError:
        raise _refusal(f"there is no trained run {name}", "a run that has ended") from None
    artifact = earlier.links.get("artifact")
    if artifact is None:
        raise _refusal(f"the run {name} has left no adapter", "a run whose training has ended")
    if "full" in (before.method, recipe.method):
        raise _refusal(
            "only an adapter can be continued, with method lora or qlora; the run "
            f"{name} has the method {before.method}, and this recipe {recipe.method}",
            "a run with the method lora or qlora",
        )
    rank = used.lora_rank
    if recipe.hyperparameters.lora_rank not in (None, rank) or _searches_rank(recipe):
        raise _refusal(
            f"the adapter of the run {name} has rank {rank}, and hyperparameters or tune in this "
            "recipe name another lora_rank",
            "a run with that rank, take lora_rank out of the recipe",
        )
    run.continues = Continued(folder, artifact)
    given = replace(recipe.hyperparameters, lora_rank=rank, lora_alpha=used.lora_alpha)
    return replace(recipe, base_model=before.base_model, hyperparameters=given)


def require_adapter(run: Run, runs: Runs) -> None:
    """Check that the adapter that the training starts from is still there.

    Raises:
        RecipeError: it has been deleted.
    """
    if run.continues is None:
        return
    adapter = run.continues.artifact.removeprefix(f"s3://{run.source.bucket}/").rstrip("/")
    try:
        runs.store.head(f"{adapter}/{keys.ADAPTER}")
    except MissingError:
        name = run.continues.folder.removeprefix(keys.RUNS)
        raise _refusal(f"the adapter of the run {name} has been deleted", "another run") from None


def _searches_rank(recipe: Recipe) -> bool:
    return recipe.tune is not None and "lora_rank" in (recipe.tune.parameters or {})


def _refusal(reason: str, wanted: str) -> RecipeError:
    return RecipeError(
        f"recipe.yaml: base_model: {reason}.",
        f"Name {wanted}, or a base model of the hub (docs/training.md).",
    )
