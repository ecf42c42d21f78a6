"""report.json: the verdict and the evidence for it."""

from typing import Literal

import msgspec

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
    """Tuned minus base on one metric, paired row by row.

    `smallest_detectable` is the difference that this many rows would have shown with 80% power.
    """

    metric: str
    difference: Estimate
    p_value: float
    test: str
    wins: int
    losses: int
    ties: int
    smallest_detectable: float


class Sample(msgspec.Struct):
    """One test row with both answers, for the reader's own eyes."""

    row: int
    prompt: str
    expected: str
    base: str
    tuned: str


class Baseline(msgspec.Struct):
    """A trivial rival (the majority class): what no training at all would reach."""

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
    """US dollars: the estimate before training and what the billable seconds came to."""

    estimated_usd: float | None
    training_usd: float | None
    billable_seconds: int | None
    instance: str | None


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
