"""The base weights in the bucket: models/<id>/<revision>/, with a manifest written last."""

from itertools import islice
from typing import Annotated

import msgspec

from tunedrop.documents import keys
from tunedrop.errors import BaseModelError
from tunedrop.ports.store import MissingError, Store
from tunedrop.recipe.schema import Recipe

WEIGHTS = ".safetensors"
# Suffixes of weights in formats that can run code when they are loaded, or that nothing here loads.
OTHER_WEIGHTS = (".bin", ".ckpt", ".h5", ".msgpack", ".pickle", ".pkl", ".pt", ".pth")
BYTES_A_PARAMETER = 2  # Most models are published in bfloat16.


class ModelFile(msgspec.Struct):
    """One file of the model's directory; `size` in bytes."""

    name: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: str


class Manifest(msgspec.Struct, kw_only=True):
    """manifest.json; its presence means that all files are complete.

    Version 1 names the files only. Version 2 is written by the job that
    fetches a model: `source` is where it came from, `commit` the hub's commit of the revision,
    `context` the longest sequence in tokens, `dtype` the number type of most weights. What
    config.json does not say is None.
    """

    version: int
    id: str
    revision: str
    files: list[ModelFile]
    source: str | None = None
    commit: str | None = None
    architecture: str | None = None
    hidden_size: int | None = None
    layers: int | None = None
    context: int | None = None
    dtype: str | None = None
    parameters: int = 0

    def __post_init__(self) -> None:
        """Estimate the number of parameters from the size of the weights, where it is not told."""
        if not self.parameters:
            size = sum(file.size for file in self.files if file.name.endswith(WEIGHTS))
            self.parameters = size // BYTES_A_PARAMETER


MOST_LISTED = 10  # Base models that an error names.


def models_in(store: Store) -> str:
    """Return a sentence that lists the base models in the bucket."""
    ends = f"/{keys.MANIFEST}"
    found = (key.removeprefix(keys.MODELS) for key in store.keys(keys.MODELS) if key.endswith(ends))
    names = [name.removesuffix(ends) for name in islice(found, MOST_LISTED + 1)]
    models = [f"{model}@{revision}" for model, _, revision in (n.rpartition("/") for n in names)]
    if not models:
        return "There is no base model in the bucket."
    more = ", …" if len(models) > MOST_LISTED else ""
    return f"These base models are there: {', '.join(models[:MOST_LISTED])}{more}."


def model_prefix(recipe: Recipe) -> str:
    """Return the key prefix of the base weights, with its slash."""
    return keys.model_prefix(recipe.model_id, recipe.model_revision)


def is_complete(store: Store, recipe: Recipe) -> bool:
    """Return whether the base model is in the bucket; its manifest is written last."""
    try:
        store.head(f"{model_prefix(recipe)}{keys.MANIFEST}")
    except MissingError:
        return False
    return True


def read_manifest(store: Store, recipe: Recipe) -> Manifest:
    """Return the manifest of the base model.

    Raises:
        BaseModelError: it is missing, is not a manifest, or names weights that are not safetensors.
    """
    key = f"{model_prefix(recipe)}{keys.MANIFEST}"
    try:
        manifest = msgspec.json.decode(store.read(key).body, type=Manifest)
    except MissingError:
        raise BaseModelError(
            f"The base model {recipe.base_model} is not in the bucket: "
            f"there is no s3://{store.name}/{key}.",
            "Drop the file again: the model is fetched before the rows are prepared.",
        ) from None
    except msgspec.DecodeError as error:
        raise BaseModelError(
            f"s3://{store.name}/{key} is not a manifest: {error}.",
            "Delete it and drop the file again: the model is fetched anew.",
        ) from None
    _require_safetensors(manifest, f"s3://{store.name}/{key}")
    return manifest


def _require_safetensors(manifest: Manifest, uri: str) -> None:
    names = [file.name for file in manifest.files]
    remedy = (
        "Save the model with save_pretrained(), which writes safetensors, put that directory into "
        "the bucket and name it as base_model: s3://… (docs/models.md); then drop the file again."
    )
    for name in names:
        if name.lower().endswith(OTHER_WEIGHTS):
            raise BaseModelError(
                f"{uri} names {name}, which is not in the safetensors format. Loading another "
                "format can run code, so none is used.",
                remedy,
            )
    if not any(name.endswith(WEIGHTS) for name in names):
        raise BaseModelError(f"{uri} names no weights (*{WEIGHTS}).", remedy)
