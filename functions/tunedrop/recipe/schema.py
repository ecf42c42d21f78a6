"""recipe.yaml as a typed value: every key has a default, every range is checked.

`RecipeError`s come from `tunedrop.recipe.yaml_file`, which reads the YAML and knows the lines.
"""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

DEFAULT_ANSWER_TOKENS = 256
DEFAULT_BASE_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"

Fraction = Annotated[float, Meta(ge=0.0, lt=0.5)]
ModelId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?(@[A-Za-z0-9._-]+)?$")]
InstanceType = Annotated[str, Meta(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
Instances = Annotated[tuple[InstanceType, ...], Meta(min_length=1, max_length=5)]
Metric = Literal["auto", "accuracy", "macro_f1", "exact_match", "token_f1"]


class Section(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One block of the recipe: unknown keys are refused."""


class ColumnRoles(Section, frozen=True, kw_only=True):
    """Which column plays which part, when it cannot be inferred."""

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
    """Shares of the rows held out for validation and test; the seed decides which."""

    validation: Fraction = 0.1
    test: Fraction = 0.1
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 17
    group_by: str | None = None
    leakage: Literal["remove", "keep"] = "remove"


class RowLimits(Section, frozen=True, kw_only=True):
    """At most so many rows a split; the others are counted as not sampled."""

    max_train: Annotated[int, Meta(ge=1)] = 10_000
    max_validation: Annotated[int, Meta(ge=1)] = 500
    max_test: Annotated[int, Meta(ge=1)] = 500


class Hyperparameters(Section, frozen=True, kw_only=True):
    """What TRL and PEFT are told. Lengths in tokens."""

    epochs: Annotated[float, Meta(ge=0.01, le=100)] = 3.0
    learning_rate: Annotated[float, Meta(ge=1e-7, le=1)] = 2.0e-4
    lora_rank: Annotated[int, Meta(ge=1, le=256)] = 16
    lora_alpha: Annotated[int, Meta(ge=1, le=1024)] = 32
    lora_dropout: Annotated[float, Meta(ge=0, le=0.9)] = 0.05
    batch_size: Annotated[int, Meta(ge=1, le=512)] = 8
    gradient_accumulation_steps: Annotated[int, Meta(ge=1, le=512)] = 1
    max_length: Annotated[int, Meta(ge=16, le=131_072)] = 1024
    warmup_fraction: Annotated[float, Meta(ge=0, le=0.5)] = 0.03
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    weight_decay: Annotated[float, Meta(ge=0, le=1)] = 0.0
    evaluations_per_epoch: Annotated[int, Meta(ge=1, le=100)] = 4
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 17


class Generation(Section, frozen=True, kw_only=True):
    """How both models are asked during the evaluation."""

    max_tokens: Annotated[int, Meta(ge=1, le=8192)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    stop: tuple[str, ...] = ()
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 1

    @property
    def answer_tokens(self) -> int:
        """The longest answer, in tokens; prepare has set it for classification."""
        return self.max_tokens or DEFAULT_ANSWER_TOKENS


class Training(Section, frozen=True, kw_only=True):
    """Where the training job runs: instance types in order of preference, hours at most."""

    instances: Instances = ("ml.g6.2xlarge", "ml.g5.2xlarge")
    count: Annotated[int, Meta(ge=1, le=1)] = 1
    spot: bool = True
    max_hours: Annotated[float, Meta(ge=0.05, le=120)] = 6.0


class Deploy(Section, frozen=True, kw_only=True):
    """Where the endpoint runs, and whether it stays after the evaluation."""

    instances: Instances = ("ml.g6.xlarge",)
    keep: Literal["if_better", "always", "never"] = "if_better"
    ttl_hours: Annotated[float, Meta(gt=0, le=8760)] = 24.0


class Gate(Section, frozen=True, kw_only=True):
    """What the tuned model must reach: a gain above `min_gain` with this confidence."""

    metric: Metric = "auto"
    min_gain: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    confidence: Annotated[float, Meta(ge=0.5, lt=1)] = 0.95


class Evaluate(Section, frozen=True, kw_only=True):
    """How the two models are judged."""

    gate: Gate = Gate()


class Recipe(Section, frozen=True, kw_only=True):
    """The whole recipe; `Recipe()` is what runs when there is no recipe.yaml."""

    task: Literal["auto", "classification", "generation"] = "auto"
    base_model: ModelId = DEFAULT_BASE_MODEL
    columns: ColumnRoles = ColumnRoles()
    template: str | None = None
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
        """The base model's id, without the revision."""
        return self.base_model.partition("@")[0]

    @property
    def model_revision(self) -> str:
        """The base model's revision; "main" unless the recipe says `id@revision`."""
        return self.base_model.partition("@")[2] or "main"

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe's meaning: comments, order and defaults spelled out are equal."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()
