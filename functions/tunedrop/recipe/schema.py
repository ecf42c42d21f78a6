"""recipe.yaml as a typed value: the one place where each key has its type, range and default.

`tunedrop.recipe.yaml_file` reads the file and raises `RecipeError`s with line numbers.
"""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

DEFAULT_ANSWER_TOKENS = 256
DEFAULT_BASE_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"

Fraction = Annotated[float, Meta(ge=0.0, lt=0.5)]
Seed = Annotated[int, Meta(ge=0, lt=2**31)]
ModelId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?(@[A-Za-z0-9._-]+)?$")]
InstanceType = Annotated[str, Meta(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
Instances = Annotated[tuple[InstanceType, ...], Meta(min_length=1, max_length=5)]
Metric = Literal["auto", "accuracy", "macro_f1", "exact_match", "token_f1"]


class Section(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One block of the recipe. Unknown keys are refused."""


class ColumnRoles(Section, frozen=True, kw_only=True):
    """The name of the column that has each role, where it cannot be inferred."""

    text: str | None = None
    label: str | None = None
    prompt: str | None = None
    completion: str | None = None
    messages: str | None = None
    context: str | None = None
    system: str | None = None
    chosen: str | None = None
    rejected: str | None = None


class SplitShares(Section, frozen=True, kw_only=True):
    """How the rows are divided into train, validation and test."""

    validation: Fraction = 0.1
    """Share of the rows that is held out to pick the best checkpoint."""
    test: Fraction = 0.1
    """Share of the rows that is held out for the evaluation."""
    seed: Seed = 17
    """Decides which rows are held out."""
    group_by: str | None = None
    """Column whose equal values must stay in the same split."""
    leakage: Literal["remove", "keep"] = "remove"
    """What happens to training rows that are in a given validation or test file too."""


class RowLimits(Section, frozen=True, kw_only=True):
    """The largest number of rows in each split. Further rows are counted as not sampled."""

    max_train: Annotated[int, Meta(ge=1)] = 10_000
    max_validation: Annotated[int, Meta(ge=1)] = 500
    max_test: Annotated[int, Meta(ge=1)] = 500


class Hyperparameters(Section, frozen=True, kw_only=True):
    """The settings of the training, which TRL and PEFT receive."""

    epochs: Annotated[float, Meta(ge=0.01, le=100)] = 3.0
    """How many times the training rows are passed through the model."""
    learning_rate: Annotated[float, Meta(ge=1e-7, le=1)] = 2.0e-4
    """Learning rate after the warm-up."""
    lora_rank: Annotated[int, Meta(ge=1, le=256)] = 16
    """Rank of the LoRA matrices."""
    lora_alpha: Annotated[int, Meta(ge=1, le=1024)] = 32
    """The adapter's output is scaled by `lora_alpha / lora_rank`."""
    lora_dropout: Annotated[float, Meta(ge=0, le=0.9)] = 0.05
    """Dropout before the LoRA matrices."""
    batch_size: Annotated[int, Meta(ge=1, le=512)] = 8
    """Rows in one forward pass."""
    gradient_accumulation_steps: Annotated[int, Meta(ge=1, le=512)] = 1
    """Forward passes before the weights are updated."""
    max_length: Annotated[int, Meta(ge=16, le=131_072)] = 1024
    """Tokens of a row that the model sees; the rest is cut."""
    warmup_fraction: Annotated[float, Meta(ge=0, le=0.5)] = 0.03
    """Share of the steps in which the learning rate rises from zero."""
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate changes after the warm-up."""
    weight_decay: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """AdamW's weight decay."""
    evaluations_per_epoch: Annotated[int, Meta(ge=1, le=100)] = 4
    """How often an epoch is interrupted to measure the validation loss."""
    seed: Seed = 17
    """Seed of the order of rows, the dropout and the initial adapter."""


class Generation(Section, frozen=True, kw_only=True):
    """How both models generate their answers in the evaluation."""

    max_tokens: Annotated[int, Meta(ge=1, le=8192)] | None = None
    """Longest answer in tokens. `prepare` sets it for classification."""
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    stop: tuple[str, ...] = ()
    seed: Seed = 1

    @property
    def answer_tokens(self) -> int:
        """The longest answer, in tokens."""
        return self.max_tokens or DEFAULT_ANSWER_TOKENS


class Training(Section, frozen=True, kw_only=True):
    """Where the training job runs, and for how long."""

    instances: Instances = ("ml.g6.2xlarge", "ml.g5.2xlarge")
    """Instance types in order of preference; spot uses the first only."""
    count: Annotated[int, Meta(ge=1, le=1)] = 1
    spot: bool = True
    max_hours: Annotated[float, Meta(ge=0.05, le=120)] = 6.0


class Deploy(Section, frozen=True, kw_only=True):
    """Where the endpoint runs, and whether it stays after the evaluation."""

    instances: Instances = ("ml.g6.xlarge",)
    """Instance types in order of preference."""
    keep: Literal["if_better", "always", "never"] = "if_better"
    ttl_hours: Annotated[float, Meta(gt=0, le=8760)] = 24.0
    """Hours until a kept endpoint is deleted."""


class Gate(Section, frozen=True, kw_only=True):
    """What the tuned model must reach: a gain above `min_gain` with this confidence."""

    metric: Metric = "auto"
    min_gain: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    confidence: Annotated[float, Meta(ge=0.5, lt=1)] = 0.95


class Evaluate(Section, frozen=True, kw_only=True):
    """How the two models are judged."""

    gate: Gate = Gate()


class Recipe(Section, frozen=True, kw_only=True):
    """The whole recipe. `Recipe()` applies when there is no recipe.yaml."""

    task: Literal["auto", "classification", "generation"] = "auto"
    base_model: ModelId = DEFAULT_BASE_MODEL
    columns: ColumnRoles = ColumnRoles()
    template: str | None = None
    """A prompt with column names in braces, for tables with several input columns."""
    system: str | None = None
    split: SplitShares = SplitShares()
    rows: RowLimits = RowLimits()
    checks: Literal["full", "basic"] = "full"
    secrets: Literal["reject", "mask", "report"] = "reject"
    pii: Literal["report", "mask", "reject"] = "report"
    method: Literal["lora"] = "lora"
    hyperparameters: Hyperparameters = Hyperparameters()
    generation: Generation = Generation()
    training: Training = Training()
    budget_usd: Annotated[float, Meta(gt=0)] = 20.0
    deploy: Deploy = Deploy()
    evaluate: Evaluate = Evaluate()

    @property
    def model_id(self) -> str:
        """The base model's id without the revision."""
        return self.base_model.partition("@")[0]

    @property
    def model_revision(self) -> str:
        """The base model's revision: "main" unless the recipe says `id@revision`."""
        return self.base_model.partition("@")[2] or "main"

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe's content; comments, order and explicit defaults do not count."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()
