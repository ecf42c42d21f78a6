"""The kinds of metrics.

A `RowMetric` scores each row, and its total is the mean. A `CorpusMetric` scores all rows together.
The kind of a metric decides how it is compared (`statistics/comparing.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tunedrop.documents.figures import PERCENT, Scale

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
    applies: Callable[[Sequence[str]], bool] = lambda _golds: True
    """Whether the metric says something about these right answers."""
    scale: Scale = PERCENT
    """How values are written. Those of another scale than PERCENT are not between 0 and 1."""


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
