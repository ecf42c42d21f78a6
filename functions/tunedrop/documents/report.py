"""report.json: the verdict and the evidence for it."""

from typing import Literal

import msgspec

from tunedrop.documents.dataset import Task
from tunedrop.documents.figures import usd
from tunedrop.documents.rows import Message

Verdict = Literal["better", "worse", "no_difference", "too_small_to_tell"]


class Estimate(msgspec.Struct):
    """A figure with its 95% interval (or the confidence the recipe asks for)."""

    value: float
    low: float
    high: float
    n: int


class LabelScore(msgspec.Struct):
    """Precision, recall and F1 of one label; `rows` is how often it is the right answer."""

    rows: int
    precision: float
    recall: float
    f1: float


class Scores(msgspec.Struct):
    """What one model reached: metrics by name, and for classification each label.

    `unparsed` answers name no label or several: counted wrong, and reported.
    """

    metrics: dict[str, Estimate]
    labels: dict[str, LabelScore] = {}
    unparsed: int = 0
    truncated: int = 0


class Comparison(msgspec.Struct):
    """Tuned minus a rival (the base model, or a trivial baseline), paired row by row.

    `smallest_detectable` is the difference that this many rows would have shown with 80% power;
    `p_adjusted` is the p value after Holm's correction for all comparisons of the report.
    """

    metric: str
    difference: Estimate
    p_value: float
    test: str
    wins: int
    losses: int
    ties: int
    smallest_detectable: float
    rival: str = "base"
    p_adjusted: float | None = None


class Sample(msgspec.Struct):
    """One test row with both answers, for the reader's own eyes (long texts are cut)."""

    row: int
    prompt: str
    expected: str
    base: str
    tuned: str


class MetricWords(msgspec.Struct):
    """What a metric is called, and what it measures, in words."""

    title: str
    explains: str


class Baseline(msgspec.Struct):
    """A trivial rival (always the same answer): what no training at all would reach."""

    name: str
    metric: str
    value: Estimate


class Lineage(msgspec.Struct):
    """All that is needed to say what was compared, and to do it again."""

    source: str
    source_version: str
    recipe: dict[str, object]
    base_model: str
    training_image: str
    serving_image: str
    packages: dict[str, str]
    seeds: dict[str, int]


class Cost(msgspec.Struct):
    """US dollars: the estimate before training and what the billable seconds came to.

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
    """Tokens of the training rows, once through: as the job counted them and as was said before.

    `method` says how preparation came to its figure: with the model's "tokenizer", or by
    "characters".
    """

    counted: int
    said: int
    method: Literal["characters", "tokenizer"]

    @property
    def difference(self) -> float:
        """What was said minus what was counted, as a share of what was counted."""
        return self.said / self.counted - 1


class Confusion(msgspec.Struct):
    """How often each right answer (a row) was answered how (a column); counts of the tuned model.

    The last column is named "" and counts the answers that name no label or several.
    """

    labels: list[str]
    counts: list[list[int]]


class LossPoint(msgspec.Struct):
    """One logged step of the training job: the loss on training or validation rows."""

    step: int
    loss: float | None = None
    eval_loss: float | None = None


class Asking(msgspec.Struct):
    """How the answers were got: `seconds` is the wall-clock time for both models together."""

    answers: int
    seconds: float
    prompt_tokens: int
    completion_tokens: int


class Example(msgspec.Struct):
    """How to ask the tuned model as it was asked here; the last turn is a placeholder."""

    messages: list[Message]
    max_tokens: int
    temperature: float


class Report(msgspec.Struct):
    """report.json, version 1."""

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


class Judgement(msgspec.Struct, kw_only=True):
    """The evidence and the verdict; `build_report` puts it into its surroundings.

    `passed_gate` is what `deploy.keep: if_better` obeys.
    """

    task: Task
    verdict: Verdict
    passed_gate: bool
    headline: str
    sentences: list[str]
    confidence: float
    min_gain: float
    primary_metric: str
    base: Scores
    tuned: Scores
    baselines: list[Baseline]
    comparisons: list[Comparison]
    wins: list[Sample]
    losses: list[Sample]
    ties: list[Sample]
    confusion: Confusion | None
    asking: Asking
    metrics: dict[str, MetricWords]
    example: Example
    warnings: list[str]
