"""The metrics, by name. A new one is added here and to its task in `tasks.py`.

A `RowMetric` scores each row, and its total is the mean. A `CorpusMetric` scores all rows together.
The kind of a metric decides how it is compared (`statistics/comparing.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tunedrop.evaluation.scoring.f1 import macro_f1
from tunedrop.evaluation.scoring.text import exact_match, token_f1

Counts = Mapping[tuple[str, str], float]
"""How often each (gold, prediction) pair occurs, or the weight of these rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    name: str
    """The name in the recipe and in report.json."""
    title: str
    """The name in texts for people."""
    explains: str
    """One sentence for the report: what the metric measures."""
    phrase: str
    """The value in a sentence, with `{}` for the figure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowMetric(_Named):
    """A metric that is the mean of the rows' scores."""

    score: Callable[[str, str], float]
    """(prediction, gold) to 0..1."""
    binary: bool
    """Whether the score is always 0 or 1, so that exact methods apply."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusMetric(_Named):
    """A metric that exists only for all rows together."""

    score: Callable[[Counts], float]
    """Counts of (gold, prediction) to 0..1. Only their proportions may matter."""


Metric = RowMetric | CorpusMetric

ACCURACY = RowMetric(
    name="accuracy",
    title="accuracy",
    explains="The share of rows whose answer names the right label.",
    phrase="{} of answers right",
    score=lambda prediction, gold: float(prediction == gold),
    binary=True,
)
MACRO_F1 = CorpusMetric(
    name="macro_f1",
    title="macro-F1",
    explains="The mean of the labels' F1: a rare label weighs as much as a common one.",
    phrase="a macro-F1 of {}",
    score=macro_f1,
)
EXACT_MATCH = RowMetric(
    name="exact_match",
    title="exact match",
    explains="The share of answers with the same words as the right answer, in the same order.",
    phrase="{} of answers exactly right",
    score=exact_match,
    binary=True,
)
TOKEN_F1 = RowMetric(
    name="token_f1",
    title="token F1",
    explains="How well the words of the answer match those of the right answer: 100% means the "
    "same words and no others.",
    phrase="a token F1 of {}",
    score=token_f1,
    binary=False,
)

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (ACCURACY, MACRO_F1, EXACT_MATCH, TOKEN_F1)
}
