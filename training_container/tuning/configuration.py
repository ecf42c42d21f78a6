"""config/training.json, which the train function writes: typed, complete and within its ranges.

The recipe's schema in the functions (tunedrop/recipe/schema.py) is the one place that decides
defaults and ranges. The file carries every value and every range; this module has neither.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from container_folders import ContainerFolders
from tuning.errors import ConfigurationError
from tuning.strict_json import SAME_RELEASE, parse_strictly, read_json, require_fields

VERSION: Final = 4
"""The only version of training.json that this program reads."""

METHODS: Final = ("lora", "qlora", "full")
"""The training methods that are built."""

LEARN: Final = ("all", "last")
"""Whether every answer of a conversation is learnt, or the last one only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseModel:
    """Which model is tuned. Its files come through the `model` channel."""

    id: str
    """Hugging Face id, such as HuggingFaceTB/SmolLM2-135M-Instruct."""

    revision: str
    """Branch, tag or commit from which the files were taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hyperparameters:
    """How the adapter is trained. The ranges of these values are in TrainingConfig.ranges."""

    epochs: float
    """Passes over the training rows; fractions are allowed."""

    learning_rate: float
    """The learning rate after the warm-up."""

    lora_rank: int
    """Rank of the LoRA matrices."""

    lora_alpha: int
    """The adapter's output is scaled by lora_alpha / lora_rank."""

    lora_dropout: float
    """Share of the adapter's inputs that is dropped in training."""

    batch_size: int
    """Rows in one forward pass."""

    gradient_accumulation_steps: int
    """Forward passes in one step of the optimizer."""

    max_length: int
    """Tokens of one row, prompt and completion together."""

    warmup_fraction: float
    """Share of the steps in which the learning rate rises from zero."""

    scheduler: str
    """How the learning rate changes after the warm-up."""

    weight_decay: float
    """AdamW's weight decay."""

    evaluations_per_epoch: int
    """How often in an epoch the validation loss is computed and a checkpoint is saved."""

    beta: float
    """How closely preferences and judged answers keep the model to the base model."""

    seed: int
    """Seed of the order of the rows, the adapter's first weights and the dropout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RatesToTry:
    """The learning rates that the job tries before it trains."""

    rates: list[Any]
    """The rates, that of `hyperparameters` first; none when nothing is tried."""

    share: float
    """The largest part of the training's expected time that all trials may take together."""

    least_seconds: float
    """Nothing is tried when the training is expected to take less time."""

    reason: str
    """Why these rates are tried, or why none is, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingConfig:
    """The whole of config/training.json."""

    version: int
    """Version of this document."""

    run: str
    """Id of the run that this job belongs to."""

    base_model: BaseModel
    """Which model is tuned."""

    technique: str
    """How the model learns from the rows: a name in the registry of tuning/objectives."""

    method: str
    """Which weights are trained: one of METHODS."""

    learn: str
    """Which answers of a conversation are learnt: one of LEARN."""

    patience: int
    """Evaluations without a lower validation loss after which the training ends; 0 for never."""

    mix_share: float
    """The share of the rows of the channel `mix` among all training rows; 0 without it."""

    merge: bool
    """Whether the base model with the adapter merged into it is saved too."""

    hyperparameters: Hyperparameters
    """The settings of the training."""

    probe: RatesToTry
    """What is tried before the training."""

    ranges: dict[str, Any]
    """For each hyperparameter the allowed values, in JSON Schema's words: either `minimum` and
    `maximum` (both included) or `enum`."""

    reasons: dict[str, Any]
    """For each hyperparameter why it has this value, in words. They are for people."""

    def __post_init__(self) -> None:
        """Refuse an unknown method and a value outside its range."""
        for name, value, known in (("method", self.method, METHODS), ("learn", self.learn, LEARN)):
            if value not in known:
                raise ConfigurationError(
                    f"training.json: {name} must be one of {', '.join(known)}, not {value!r}: "
                    f"change {name} in recipe.yaml"
                )
        values = asdict(self.hyperparameters)
        require_fields(self.ranges, values, where="training.json: ranges")
        for name, value in values.items():
            _require_in_range(name, value, self.ranges[name])

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Check parsed JSON.

        Raises:
            ConfigurationError: another version, a missing or unknown field, a value of another type
                or outside its range. The message names the field and what to do.
        """
        version = content.get("version") if isinstance(content, dict) else VERSION
        if version != VERSION:
            raise ConfigurationError(
                f"training.json has version {version}, but this training image reads version "
                f"{VERSION}; {SAME_RELEASE}"
            )
        return parse_strictly(cls, content, where="training.json")

    @classmethod
    def from_folders(cls, folders: ContainerFolders) -> Self:
        """Read and check training.json, and put the values of a tuning trial in place of its own.

        Raises:
            ConfigurationError: as `from_json`.
        """
        config = cls.from_json(read_json(folders.channel("config") / "training.json"))
        trial = folders.hyperparameters
        return config.with_trial(read_json(trial)) if trial.exists() else config

    def with_rate(self, rate: float) -> Self:
        """Return the configuration with another learning rate.

        Raises:
            ConfigurationError: the rate is outside its range.
        """
        return replace(self, hyperparameters=replace(self.hyperparameters, learning_rate=rate))

    def with_trial(self, values: Mapping[str, str]) -> Self:
        """Return the configuration with the hyperparameters that a tuning trial has chosen.

        SageMaker hands every value over as text. Names that begin with an underscore, such as
        `_tuning_objective_metric`, are SageMaker's own.
        https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html

        Raises:
            ConfigurationError: as `from_json`.
        """
        chosen = {name: _parsed(text) for name, text in values.items() if not name.startswith("_")}
        content = asdict(self.hyperparameters) | chosen
        where = "hyperparameters.json"
        return replace(self, hyperparameters=parse_strictly(Hyperparameters, content, where=where))


def _parsed(text: str) -> Any:
    """Return a number for the text of a number, and any other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _require_in_range(name: str, value: Any, allowed: Any) -> None:
    """Raise ConfigurationError when the value is not one of those that its range allows."""
    match allowed, value:
        case (
            {"minimum": int() | float() as low, "maximum": int() | float() as high},
            int() | float(),
        ):
            is_allowed = low <= value <= high  # False for NaN
            wanted = f"between {low:,.10g} and {high:,.10g}"
        case {"enum": list(texts)}, str():
            is_allowed = value in texts
            wanted = f"one of {', '.join(map(str, texts))}"
        case _:
            raise ConfigurationError(
                f"training.json: ranges: {name} has no range for {value!r}; {SAME_RELEASE}"
            )
    if not is_allowed:
        raise ConfigurationError(
            f"hyperparameters: {name} must be {wanted}, not {value!r}: "
            f"change hyperparameters.{name} in recipe.yaml"
        )
