"""recipe.yaml as a typed value: the one place where each key has its type, range and default.

`tunedrop.recipe.yaml_file` reads the file and raises `RecipeError`s with line numbers. The text
below a field says what it means; `make docs` writes the table of docs/recipe.md from it.
"""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tunedrop.documents.dataset import Task
from tunedrop.recipe.data import ColumnRoles, Mix, RowLimits, SplitShares
from tunedrop.recipe.hyperparameters import GivenHyperparameters, Seed
from tunedrop.recipe.names import Instances, MlflowArn, ModelId
from tunedrop.recipe.section import FOUND, Section
from tunedrop.recipe.tuning import Tune

DEFAULT_ANSWER_TOKENS = 256
LEAST_PATIENCE = 3  # Evaluations; one or two worse ones are often chance.
DEFAULT_BASE_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
DIGEST_LENGTH = 10  # Hex digits that tell directories of the same name apart.
Metric = Literal[
    "auto",
    "accuracy",
    "macro_f1",
    "exact_match",
    "token_f1",
    "rouge_l",
    "chrf",
    "field_f1",
    "exact_json",
    "schema_valid",
    "json_parsed",
    "micro_f1",
    "label_macro_f1",
    "exact_set",
    "execution_accuracy",
    "exact_query",
    "tool_call",
    "tool_name",
    "tool_arguments",
    "likelihood_margin",
    "preferred",
    "judged_margin",
    "perplexity",
]


class EarlyStopping(Section, frozen=True, kw_only=True):
    """When a training ends that has stopped to improve."""

    patience: Annotated[int, Meta(ge=1, le=100)]
    """Evaluations in a row without a lower validation loss."""


class Generation(Section, frozen=True, kw_only=True):
    """How both models generate their answers in the evaluation."""

    max_tokens: Annotated[Annotated[int, Meta(ge=1, le=8192)] | None, FOUND] = None
    """Longest answer in tokens. For classification, the default is the characters of the longest
    label, but at least 16; otherwise it is 256."""
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    """Sampling temperature; 0 is greedy decoding."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """Probability mass of nucleus sampling."""
    stop: tuple[str, ...] = ()
    """Texts that end an answer."""
    seed: Seed = 1
    """Seed of the sampling, for temperatures above 0."""

    @property
    def answer_tokens(self) -> int:
        """The longest answer, in tokens."""
        return self.max_tokens or DEFAULT_ANSWER_TOKENS


class Training(Section, frozen=True, kw_only=True):
    """Where the training job runs, and for how long."""

    instances: Instances = ("ml.g6.2xlarge", "ml.g5.2xlarge")
    """Instance types in order of preference; spot uses the first only. A type without a GPU,
    without bfloat16 or with several GPUs is refused."""
    count: Annotated[int, Meta(ge=1, le=1)] = 1
    """Instances in one job."""
    spot: bool = True
    """Use spot capacity: about 65% cheaper. An interrupted job goes on from its checkpoint."""
    max_hours: Annotated[float, Meta(ge=0.05, le=120)] = 6.0
    """The job is stopped after this time."""


class Deploy(Section, frozen=True, kw_only=True):
    """Where the endpoint runs, and whether it stays after the evaluation."""

    instances: Instances = ("ml.g6.xlarge",)
    """Instance types for the endpoint, in order of preference."""
    keep: Literal["if_better", "always", "never"] = "if_better"
    """Whether the endpoint stays after the evaluation."""
    ttl_hours: Annotated[float, Meta(gt=0, le=8760)] = 24.0
    """Hours until a kept endpoint is deleted."""
    merge: bool = False
    """Leave base model and adapter merged in `model/…/merged/` too, for use elsewhere."""


class Gate(Section, frozen=True, kw_only=True):
    """What the tuned model must reach: a gain above `min_gain` with this confidence."""

    metric: Metric = "auto"
    """The metric that decides. `auto` is accuracy for classification, field_f1 for extraction,
    micro_f1 for multilabel, execution_accuracy for sql, likelihood_margin for preference,
    judged_margin for kto, perplexity for pretraining; for generation it is tool_call with tool
    calls, exact_match with short answers and token_f1 with longer ones (docs/evaluation.md)."""
    min_gain: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """The gain must be larger than this."""
    confidence: Annotated[float, Meta(ge=0.5, lt=1)] = 0.95
    """Confidence of the intervals, and with which the gain must be larger than `min_gain`."""


class Evaluate(Section, frozen=True, kw_only=True):
    """How the two models are judged."""

    gate: Gate = Gate()
    repeats: Annotated[int, Meta(ge=1, le=10)] = 1
    """Answers to each test row. More than 1 need a `generation.temperature` above 0."""


class Recipe(Section, frozen=True, kw_only=True):
    """The whole recipe. `Recipe()` applies when there is no recipe.yaml."""

    task: Literal["auto", Task] = "auto"
    """What the rows are for. `auto` decides by the data: one label (classification), free text
    (generation), a better and a worse answer (preference), answers judged good or bad (kto) or
    running text (pretraining). JSON (extraction), several labels (multilabel) and SQL are named
    here."""
    base_model: ModelId = DEFAULT_BASE_MODEL
    """A model of the Hugging Face hub, which is fetched into the bucket at its first use, or a
    Hugging Face directory in a bucket (docs/models.md). `run:<dataset>/<run>` continues an earlier
    run: the training starts from its adapter, with the same base model and rank."""
    columns: ColumnRoles = ColumnRoles()
    template: str | None = None
    """A prompt made of several columns, such as `"{question} {context}"`. Name the answer's column
    under `columns` too."""
    system: Annotated[str | None, FOUND] = None
    """The system prompt. For classification, the default is one that lists the labels; for other
    rows there is none."""
    split: SplitShares = SplitShares()
    rows: RowLimits = RowLimits()
    checks: Literal["full", "basic"] = "full"
    """`basic` checks only the structure, exact duplicates and conflicting labels."""
    merge_labels: bool = True
    """Labels that differ only in case, white space or one final full stop or comma become the most
    frequent one of them."""
    secrets: Literal["reject", "mask", "report"] = "reject"
    """What happens to rows with keys, tokens or passwords."""
    pii: Literal["report", "mask", "reject"] = "report"
    """What happens to rows with email addresses, phone or card numbers."""
    stop_after: Literal["prepare"] | None = None
    """`prepare` ends the run when the rows are prepared: the email shows how the file was read and
    what the training would cost, and nothing is trained."""
    learn: Literal["all", "last"] = "all"
    """Which answers of a conversation are learnt: every one, or the last. Rows whose messages have
    a `weight` are learnt as their weights say."""
    mix: Mix = Mix()
    early_stopping: Literal["auto", "off"] | EarlyStopping = "auto"
    """The training ends when the validation loss has not fallen any more for so many evaluations:
    `{patience: 5}`, for example. `auto` is an epoch's evaluations, at least 3. The best checkpoint
    is kept in any case."""
    method: Literal["lora", "qlora", "full"] = "lora"
    """Which weights are trained: those of an adapter (lora), those of an adapter on weights that
    are kept in four bits (qlora), or all of the model's (full)."""
    hyperparameters: GivenHyperparameters = GivenHyperparameters()
    probe: Literal["auto", "off"] = "auto"
    """Whether a job that trains for ten minutes or more first tries two other learning rates, in a
    tenth of its time, unless the recipe gives the rate."""
    tune: Tune | None = None
    mlflow: MlflowArn | None = None
    """Where SageMaker records the training job: in the experiment with the dataset's name. Only
    the server that the stack's parameter `MlflowServerArn` names is allowed, and no tuning."""
    generation: Generation = Generation()
    training: Training = Training()
    budget_usd: Annotated[float, Meta(gt=0)] = 20.0
    """No job starts whose low estimate is above this, and none runs longer than this pays for."""
    deploy: Deploy = Deploy()
    evaluate: Evaluate = Evaluate()

    def patience(self, evaluations_per_epoch: int) -> int:
        """Return how many evaluations without a lower loss end the training; 0 for `off`."""
        if isinstance(self.early_stopping, EarlyStopping):
            return self.early_stopping.patience
        if self.early_stopping == "off":
            return 0
        return max(LEAST_PATIENCE, evaluations_per_epoch)

    @property
    def earlier_run(self) -> str | None:
        """The `dataset/run` whose adapter the training starts from, until that run is looked up."""
        is_run = self.base_model.startswith("run:")
        return self.base_model.removeprefix("run:") if is_run else None

    @property
    def model_id(self) -> str:
        """The base model's id without the revision; a made-up one for a directory in a bucket."""
        if self.model_uri is None:
            return self.base_model.partition("@")[0]
        name = self.model_uri.rpartition("/")[2]
        digest = hashlib.sha256(self.model_uri.encode()).hexdigest()[:DIGEST_LENGTH]
        return f"s3/{name}-{digest}"

    @property
    def model_revision(self) -> str:
        """The base model's revision: "main" unless the recipe says `id@revision`."""
        revision = "" if self.model_uri else self.base_model.partition("@")[2]
        return revision or "main"

    @property
    def model_uri(self) -> str | None:
        """The S3 URI of the base model's directory, without a slash at its end, if it is one."""
        is_uri = self.base_model.startswith("s3://")
        return self.base_model.rstrip("/") if is_uri else None

    @property
    def model_name(self) -> str:
        """The base model as people read it: its S3 URI, or `id@revision`."""
        return self.model_uri or f"{self.model_id}@{self.model_revision}"

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe's content; comments, order and explicit defaults do not count."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()
