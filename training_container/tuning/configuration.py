"""The training job's configuration: config/training.json, typed and within range."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from tuning.errors import ConfigurationError
from tuning.strict_json import parse_strictly, read_strictly

VERSION: Final = 1
METHODS: Final = ("lora",)
SCHEDULERS: Final = ("cosine", "linear", "constant")


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseModel:
    """Which model is tuned; its files come through the `model` channel."""

    id: str
    """Hugging Face id, e.g. HuggingFaceTB/SmolLM2-135M-Instruct, or an s3:// address."""

    revision: str = "main"
    """Branch, tag or commit the files were taken from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hyperparameters:
    """How the adapter is trained."""

    epochs: float = 3.0
    """Passes over the training rows; a fraction is allowed."""

    learning_rate: float = 2e-4
    """Peak of the schedule."""

    lora_rank: int = 16
    """Rank of the adapter matrices."""

    lora_alpha: int = 32
    """Scale of the adapter: its output is multiplied by lora_alpha / lora_rank."""

    lora_dropout: float = 0.05
    """Part of the adapter's inputs dropped in training."""

    batch_size: int = 8
    """Rows in one forward pass on one device."""

    gradient_accumulation_steps: int = 1
    """Forward passes in one step of the optimizer."""

    max_length: int = 1024
    """Tokens of one row, prompt and completion together."""

    warmup_fraction: float = 0.03
    """Part of the steps in which the learning rate rises to its peak."""

    scheduler: str = "cosine"
    """How the learning rate falls afterwards: one of SCHEDULERS."""

    weight_decay: float = 0.0
    """AdamW's weight decay."""

    evaluations_per_epoch: int = 4
    """Times per epoch that the validation loss is taken and a checkpoint is kept."""

    seed: int = 17
    """Seeds the order of the rows, the adapter's first weights and the dropout."""

    def __post_init__(self) -> None:
        """Refuse a value outside its range."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:  # also true of NaN
                raise ConfigurationError(
                    f"hyperparameters: {name} must be between {low:g} and {high:g}, not {value:g}"
                )
        _require_one_of("hyperparameters: scheduler", self.scheduler, SCHEDULERS)


RANGES: Final[dict[str, tuple[float, float]]] = {
    "epochs": (0.01, 100),
    "learning_rate": (1e-7, 1.0),
    "lora_rank": (1, 256),
    "lora_alpha": (1, 1024),
    "lora_dropout": (0.0, 0.9),
    "batch_size": (1, 512),
    "gradient_accumulation_steps": (1, 1024),
    "max_length": (16, 131_072),
    "warmup_fraction": (0.0, 0.5),
    "weight_decay": (0.0, 1.0),
    "evaluations_per_epoch": (1, 100),
    "seed": (0, 2**31 - 1),
}
"""Smallest and largest value allowed, both included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingConfig:
    """The whole of config/training.json."""

    version: int
    """Version of this document; only VERSION is understood."""

    run: str
    """The run this job belongs to."""

    base_model: BaseModel
    """Which model is tuned."""

    method: str = "lora"
    """One of METHODS."""

    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    """How it is tuned."""

    def __post_init__(self) -> None:
        """Refuse a version or a method this program does not know."""
        if self.version != VERSION:
            raise ConfigurationError(
                f"version {self.version} is not understood: this image reads version {VERSION}"
            )
        _require_one_of("method", self.method, METHODS)

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Check parsed JSON; raises ConfigurationError."""
        return parse_strictly(cls, content, where="training.json")

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read and check the file; raises ConfigurationError."""
        return read_strictly(cls, path)


def _require_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
