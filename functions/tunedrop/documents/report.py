"""report.json: the verdict on the tuned model and the evidence for it."""

from typing import Literal

import msgspec

from tunedrop.documents.asking import Asking
from tunedrop.documents.choices import Choice
from tunedrop.documents.figures import usd
from tunedrop.documents.judgement import (
    Baseline,
    Comparison,
    Confusion,
    Example,
    Gate,
    MetricWords,
    Repeats,
    Sample,
    Scores,
    Since,
    Verdict,
)
from tunedrop.documents.run import Certainty
from tunedrop.documents.served import ServedCheck
from tunedrop.documents.slices import Slice
from tunedrop.documents.trials import Probe, Trials


class Lineage(msgspec.Struct):
    """What was compared, in enough detail to repeat it."""

    source: str
    source_version: str
    recipe: dict[str, object]
    base_model: str
    training_image: str
    serving_image: str
    packages: dict[str, str]
    seeds: dict[str, int]
    mixed: str | None = None
    """The folder of the run whose training rows were mixed in."""
    continues: str | None = None
    """The folder of the run from whose adapter the training started."""
    precision: str | None = None
    """The number type in which the model was trained: float32 or bfloat16."""


class Cost(msgspec.Struct):
    """The estimated and the actual cost of the training, in US dollars.

    `estimated_usd` is the high end of the estimate, `estimated_low_usd` the low end.
    """

    estimated_usd: float | None
    training_usd: float | None
    billable_seconds: int | None
    instance: str | None
    estimated_low_usd: float | None = None

    @property
    def estimate(self) -> str | None:
        """The estimate in words, if there was one."""
        if self.estimated_usd is None:
            return None
        if self.estimated_low_usd is None:
            return f"up to {usd(self.estimated_usd)}"
        return f"{usd(self.estimated_low_usd)} to {usd(self.estimated_usd)}"


class TokenCount(msgspec.Struct):
    """The tokens of the training rows in one epoch.

    `counted` is the training job's figure, `said` the one of the preparation; `method` says how
    the preparation got it: with the model's "tokenizer" or from "characters".
    """

    counted: int
    said: int
    method: Literal["characters", "tokenizer"]

    @property
    def difference(self) -> float:
        """How far `said` is from `counted`, as a share of `counted`."""
        return self.said / self.counted - 1


class LossPoint(msgspec.Struct):
    """One logged step of the training job: the loss on training or validation rows."""

    step: int
    loss: float | None = None
    eval_loss: float | None = None


class Report(msgspec.Struct):
    """report.json, version 1.

    `learns` says in one line how the file was read, and `certainty` how sure that is.
    `hyperparameters` are those of the training, each with its reason; `trials` the training jobs of
    a tuning job, and `probe` the learning rates that the job tried first. `reuses` is the run that
    trained the model, if this one did not.
    """

    version: int
    dataset: str
    run: str
    task: str
    verdict: Verdict
    headline: str
    sentences: list[str]
    confidence: float
    passed_gate: bool
    primary_metric: str
    base: Scores
    tuned: Scores
    baselines: list[Baseline]
    comparisons: list[Comparison]
    wins: list[Sample]
    losses: list[Sample]
    ties: list[Sample]
    rows: dict[str, int]
    training: dict[str, float]
    cost: Cost
    lineage: Lineage
    endpoint: str
    endpoint_kept: bool
    warnings: list[str]
    created: str
    confusion: Confusion | None = None
    curve: list[LossPoint] = []
    asking: Asking | None = None
    metrics: dict[str, MetricWords] = {}
    min_gain: float = 0.0
    example: Example | None = None
    endpoint_expires: str | None = None
    tokens: TokenCount | None = None
    served: ServedCheck | None = None
    learning: list[str] = []
    gate: Gate | None = None
    in_form: Comparison | None = None
    slices: list[Slice] = []
    hyperparameters: list[Choice] = []
    trials: Trials | None = None
    probe: Probe | None = None
    learns: str = ""
    certainty: Certainty = "certain"
    reuses: str | None = None
    since: Since | None = None
    repeats: Repeats | None = None

    @property
    def unbeaten(self) -> list[Comparison]:
        """The comparisons with baselines that the tuned model does not clearly beat."""
        rivals = (each for each in self.comparisons if each.rival != "base")
        return [each for each in rivals if each.difference.low <= 0]

    @property
    def but_better(self) -> str:
        """What follows the word "better" where it needs a qualification; "" anywhere else."""
        if self.verdict != "better":
            return ""
        if self.unbeaten:
            return " than the base model only"
        if not self.passed_gate:
            return ", but below the recipe's gate"
        return " in the form of its answers" if self.gate and self.gate.by_form else ""

    @property
    def reuse(self) -> str | None:
        """That nothing was trained, and why, in one sentence."""
        if self.reuses is None:
            return None
        return (
            f"Nothing was trained: this is the model of run {self.reuses}, because the recipe "
            "differs from that run's only in what comes after the training (evaluate, generation, "
            "deploy)."
        )
