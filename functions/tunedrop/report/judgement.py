"""What the evaluation found, before anyone writes it up."""

import msgspec

from tunedrop.dataset.document import Task
from tunedrop.report.document import (
    Asking,
    Baseline,
    Comparison,
    Confusion,
    Example,
    MetricWords,
    Sample,
    Scores,
    Verdict,
)


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
