"""The catalogue of SageMaker instance types: what each has, costs and can be used for.

The figures are in instances.json, with the month in which they were read and the Region that
the prices are for. An object in the bucket with the same form (`documents.keys.INSTANCES`) adds
types or replaces rows of the file.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from tunedrop.errors import RecipeError

FILE = Path(__file__).with_name("instances.json")


class Instance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instance type.

    `gpu_memory_gb` and `tflops` (dense bfloat16, in TFLOP/s) are those of one GPU; `memory_gb` is
    the host's. `training_usd` is the price of an hour of training on demand and `hosting_usd` that
    of an hour of an endpoint, None when unknown.
    `training`, `hosting` and `processing` say what Tunedrop uses the type for.
    """

    gpu: str | None = None
    gpus: int = 0
    gpu_memory_gb: int = 0
    tflops: float | None = None
    memory_gb: int = 0
    training: bool = False
    hosting: bool = False
    processing: bool = False
    training_usd: float | None = None
    hosting_usd: float | None = None

    @property
    def total_tflops(self) -> float | None:
        """The dense bfloat16 TFLOP/s of all GPUs together."""
        return self.tflops * self.gpus if self.tflops else None


class Catalogue(msgspec.Struct, frozen=True):
    """All instance types by name; `read` is the month in which the figures were read."""

    instances: Mapping[str, Instance]
    read: str = ""
    region: str = ""
    sources: list[str] = []

    def overridden_by(self, text: bytes) -> "Catalogue":
        """Return the catalogue with the rows of another one added or replaced.

        Raises:
            RecipeError: the text is not a catalogue.
        """
        try:
            other = msgspec.json.decode(text, type=Catalogue)
        except msgspec.DecodeError as error:
            raise RecipeError(
                f"The bucket's catalogue of instance types cannot be read: {error}.",
                "Correct or delete the object, then drop the file again.",
            ) from None
        instances = {**self.instances, **other.instances}
        return Catalogue(instances, other.read or self.read, other.region or self.region)

    def trainable(self, method: str = "lora") -> list[str]:
        """Return the names of the types that a training job with this method can run on."""
        return [name for name in self.instances if self.why_not_trainable(name, method) is None]

    def why_not_trainable(self, name: str, method: str = "lora") -> str | None:
        """Return why no training job with this method can run on this type, or None."""
        instance = self.instances.get(name)
        if instance is None:
            return f"{name} is not in the catalogue of instance types ({self.read})"
        if not instance.training:
            lacking = "no GPU" if instance.gpus == 0 else "a GPU without bfloat16"
            return f"{name} has {lacking}, so it cannot train"
        if instance.gpus == 0 and method == "qlora":
            return f"{name} has no GPU, and method qlora needs one with CUDA"
        if instance.gpus > 1:
            return f"{name} has {instance.gpus} GPUs; training on several GPUs is not built yet"
        return None

    def for_processing(self) -> dict[str, int]:
        """Return the types for processing jobs with their GiB of memory, the smallest first."""
        sizes = {name: each.memory_gb for name, each in self.instances.items() if each.processing}
        return dict(sorted(sizes.items(), key=lambda item: item[1]))


CATALOGUE = msgspec.json.decode(FILE.read_bytes(), type=Catalogue)
"""The catalogue that comes with the application."""
