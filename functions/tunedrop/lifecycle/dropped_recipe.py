"""The recipe that was dropped beside the data."""

import hashlib
from collections.abc import Sequence

from tunedrop.errors import RecipeError
from tunedrop.ports.store import MissingError, Store
from tunedrop.recipe.limits import MAX_BYTES, Limits, refuse_beyond_limits, too_large
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Runs


def dropped_recipe(
    runs: Runs, found: Sequence[str], limits: Limits
) -> tuple[Recipe | RecipeError, str]:
    """Return the recipe or its error, and the digest that goes into the run's id.

    Without an object, the recipe consists of the defaults.

    Args:
        runs: the runs of the bucket.
        found: the keys of the recipes beside the data.
        limits: what the stack allows.
    """
    if len(found) > 1:
        return _several(found), hashlib.sha256("\n".join(found).encode()).hexdigest()
    text = _text(runs.store, found[0]) if found else b""
    if isinstance(text, int):
        return too_large(), hashlib.sha256(str(text).encode()).hexdigest()
    try:
        recipe = _read(text, runs, limits)
    except RecipeError as error:
        return error, hashlib.sha256(text).hexdigest()
    return recipe, recipe.digest


def _read(text: bytes, runs: Runs, limits: Limits) -> Recipe:
    if not text:
        return refuse_beyond_limits(Recipe(), limits, {})
    # The YAML library takes 12 ms to import, and most drops have no recipe.
    from tunedrop.recipe.yaml_file import read_recipe  # noqa: PLC0415

    return read_recipe(text, runs.catalogue(), limits)


def _several(found: Sequence[str]) -> RecipeError:
    names = " and ".join(key.rpartition("/")[2] for key in found)
    return RecipeError(
        f"There are {len(found)} recipes beside the data: {names}.",
        "Delete all but one, and drop that one again.",
    )


def _text(store: Store, key: str) -> bytes | int:
    """Return the text, or its size if that is more than `most`: it is looked at before the reading.

    Anyone who may drop a file may drop an object of terabytes.
    """
    try:
        upload = store.head(key)
        if upload.size > MAX_BYTES:
            return upload.size
        with store.open(key, upload.version_id) as stream:
            return stream.read()
    except MissingError:
        return b""
