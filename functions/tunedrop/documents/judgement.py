"""What the evaluation finds: scores, comparisons and the verdict on the tuned model."""

from typing import Literal

import msgspec

from tunedrop.documents.asking import Asking
from tunedrop.documents.dataset import Task
from tunedrop.documents.figures import ScaleName
from tunedrop.documents.rows import Message
from tunedrop.documents.slices import Slice

Verdict = Literal["better", "worse", "no_difference", "too_small_to_tell"]
BaselineKind = Literal["few_shot", "commonest", "nearest"]
Decision = Literal["ship", "hold", "reject"]


class Estimate(msgspec.Struct):
    """A figure with its confidence interval; 95% unless the recipe says otherwise."""

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
    """The scores of one model: metrics by name, and for classification each label.

    `unparsed` counts answers that name no label or several; they count as wrong.
    """

    metrics: dict[str, Estimate]
    labels: dict[str, LabelScore] = {}
    unparsed: int = 0
    truncated: int = 0


class Comparison(msgspec.Struct):
    """The tuned model compared row by row with a rival: the base model or a baseline.

    `difference` is tuned minus rival. Its interval leaves zero out if and only if `p_value` is
    below 1 - confidence. `smallest_detectable` is the true difference that this many rows detect
    with 80% power. `units` counts the independent units: groups of rows that belong together, and
    rows that are alone; it is 0 in reports of versions that did not count them.
    """

    metric: str
    difference: Estimate
    p_value: float
    test: str
    wins: int
    losses: int
    ties: int
    smallest_detectable: float
    units: int = 0
    rival: str = "base"


class Since(msgspec.Struct):
    """The tuned model beside that of the run before: the difference on their common test rows.

    `comparison` is None when they have none. Its rival is the tuned model of the run `run`.
    """

    run: str
    sentence: str
    comparison: Comparison | None = None


class Spread(msgspec.Struct):
    """How one model's answers to the same rows differ.

    `values` are the deciding metric of the first answers, of the second ones and so on. `passes`
    are pass^1, pass^2, …; empty when the metric is not right or wrong.
    """

    values: list[float]
    standard_deviation: float
    passes: list[float] = []


class Repeats(msgspec.Struct):
    """Each row was answered `times` times, at this temperature."""

    times: int
    temperature: float
    base: Spread
    tuned: Spread


class Sample(msgspec.Struct):
    """One test row with both answers, as an example for the reader (long texts are cut)."""

    row: int
    prompt: str
    expected: str
    base: str
    tuned: str


class MetricWords(msgspec.Struct):
    """The title of a metric, one sentence about what it measures, and how its values are written.

    Values on the scale "nats" are differences of log-likelihoods a token. On the scale "perplexity"
    they are log-likelihoods a token, and are shown as exp(-value).
    """

    title: str
    explains: str
    scale: ScaleName = "percent"


class Baseline(msgspec.Struct):
    """The score of a baseline by one metric (`evaluation/baselines.py` says which there are)."""

    name: str
    metric: str
    value: Estimate
    kind: BaselineKind = "commonest"


class Gate(msgspec.Struct):
    """Whether the model is to be shipped by the recipe's rule, and why, in one sentence.

    `by_form` says that no gain is clear on the rows that both models answered in form.
    """

    decision: Decision
    sentence: str
    by_form: bool = False


class Confusion(msgspec.Struct):
    """The tuned model's confusion matrix: right labels in rows, given labels in columns.

    A last column counts the answers that name no label or several.
    """

    labels: list[str]
    counts: list[list[int]]


class Example(msgspec.Struct):
    """A request as in the evaluation; its last message is a placeholder."""

    messages: list[Message]
    max_tokens: int
    temperature: float


class Judgement(msgspec.Struct, kw_only=True):
    """The verdict and the evidence. `build_report` adds the facts about the run.

    `passed_gate` decides whether `deploy.keep: if_better` keeps the endpoint. `in_form` compares
    the models on the rows that both answered in form, if those are some of the rows and not all.
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
    gate: Gate
    in_form: Comparison | None = None
    slices: list[Slice] = []
    since: Since | None = None
    repeats: Repeats | None = None
