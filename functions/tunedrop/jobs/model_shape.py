"""The sizes of a base model, as far as hyperparameters depend on them.

They are in its config.json. Some architectures have other names for them; the job that fetches a
model knows these and writes the sizes into the manifest, which then tells.
"""

import msgspec

from tunedrop.documents import keys
from tunedrop.jobs.base_model import Manifest, model_prefix
from tunedrop.ports.store import MissingError, Store
from tunedrop.recipe.schema import Recipe


class ModelShape(msgspec.Struct, frozen=True, kw_only=True):
    """The members of config.json that are needed, under the names of Hugging Face.

    https://huggingface.co/docs/transformers/main_classes/configuration
    """

    hidden_size: int
    model_type: str = ""
    num_hidden_layers: int = 0
    intermediate_size: int = 0
    num_attention_heads: int = 0
    num_key_value_heads: int | None = None
    head_dim: int | None = None
    max_position_embeddings: int | None = None

    @property
    def adapter_parameters(self) -> int:
        """The parameters of a LoRA adapter of rank 1 on all linear layers but the output.

        The adapter of a layer has one number for each of its inputs and outputs. The layers are
        those of Llama: four of attention, three of the feed-forward network. It is 0 if the
        sizes are not known.
        """
        heads, hidden = self.num_attention_heads, self.hidden_size
        if not heads or not self.num_hidden_layers or not self.intermediate_size:
            return 0
        width = self.head_dim or hidden // heads
        queries, keys_values = width * heads, width * (self.num_key_value_heads or heads)
        attention = 2 * (hidden + queries) + 2 * (hidden + keys_values)
        feed_forward = 3 * (hidden + self.intermediate_size)
        return self.num_hidden_layers * (attention + feed_forward)


class _Nested(msgspec.Struct):
    """A model of images and texts has the sizes of its language model under `text_config`."""

    text_config: ModelShape


def read_shape(store: Store, recipe: Recipe, manifest: Manifest) -> ModelShape | None:
    """Return the sizes of the recipe's base model; None if its files do not tell them."""
    return _from_config(store, recipe) or _from_manifest(manifest)


def _from_manifest(manifest: Manifest) -> ModelShape | None:
    if not manifest.hidden_size:
        return None
    return ModelShape(
        hidden_size=manifest.hidden_size,
        model_type=manifest.architecture or "",
        num_hidden_layers=manifest.layers or 0,
        max_position_embeddings=manifest.context,
    )


def _from_config(store: Store, recipe: Recipe) -> ModelShape | None:
    try:
        config = store.read(f"{model_prefix(recipe)}{keys.MODEL_CONFIG}").body
    except MissingError:
        return None
    try:
        return msgspec.json.decode(config, type=ModelShape)
    except msgspec.DecodeError:
        pass
    try:
        return msgspec.json.decode(config, type=_Nested).text_config
    except msgspec.DecodeError:
        return None
