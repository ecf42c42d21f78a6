"""The base weights in the bucket: models/<id>/<revision>/, with a manifest written last."""

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


class Manifest(msgspec.Struct):
    """manifest.json; its presence means that all files are complete."""

    version: int
    id: str
    revision: str
    files: list[ModelFile]

    @property
    def parameters(self) -> int:
        """The approximate number of parameters, from the size of the weights."""
        size = sum(file.size for file in self.files if file.name.endswith(WEIGHTS))
        return size // BYTES_A_PARAMETER


def model_prefix(recipe: Recipe) -> str:
    """Return the key prefix of the base weights, with its slash."""
    return keys.model_prefix(recipe.model_id, recipe.model_revision)


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
            f"Put the model's Hugging Face directory under s3://{store.name}/"
            f"{model_prefix(recipe)} and its manifest.json last (docs/models.md shows how), "
            "then drop the file again.",
        ) from None
    except msgspec.DecodeError as error:
        raise BaseModelError(
            f"s3://{store.name}/{key} is not a manifest: {error}.",
            "Write the manifest anew (docs/models.md shows how), then drop the file again.",
        ) from None
    _require_safetensors(manifest, f"s3://{store.name}/{key}")
    return manifest


def _require_safetensors(manifest: Manifest, uri: str) -> None:
    names = [file.name for file in manifest.files]
    remedy = (
        "Save the model with save_pretrained(), which writes safetensors, put that directory into "
        "the bucket without other weights, and write the manifest anew (docs/models.md shows how); "
        "then drop the file again."
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
