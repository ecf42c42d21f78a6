"""The recipe that was dropped beside the data."""

import hashlib

from tunedrop.errors import RecipeError
from tunedrop.ports.store import MissingError, Store
from tunedrop.recipe.limits import Limits
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe
from tunedrop.recipe.yaml_text import MAX_BYTES, too_large
from tunedrop.runs.repository import Runs


def dropped_recipe(runs: Runs, key: str, limits: Limits) -> tuple[Recipe | RecipeError, str]:
    """Return the recipe at `key` or its error, and the digest that goes into the run's id.

    Without an object, the recipe consists of the defaults.
    """
    text = _text(runs.store, key)
    if isinstance(text, int):
        return too_large(), hashlib.sha256(str(text).encode()).hexdigest()
    try:
        recipe = read_recipe(text, runs.catalogue(), limits)
    except RecipeError as error:
        return error, hashlib.sha256(text).hexdigest()
    return recipe, recipe.digest


def _text(store: Store, key: str) -> bytes | int:
    """Return the text, or its size where that is too large: it is looked at before the reading.

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
