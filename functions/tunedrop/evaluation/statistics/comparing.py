"""Compare two models by one metric, with the method that suits the metric.

| metric | interval of a value | interval of the difference | p value |
|---|---|---|---|
| each row right or wrong | Wilson | Tango's paired score | McNemar, exact |
| a score for each row | bootstrap | paired bootstrap | paired permutation |
| all rows together | bootstrap | paired bootstrap | paired permutation |
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from tunedrop.documents.report import Comparison, Estimate
from tunedrop.evaluation.scoring.metrics import CorpusMetric, Metric, RowMetric
from tunedrop.evaluation.statistics.intervals import middle_share, tango, wilson
from tunedrop.evaluation.statistics.resampling import (
    bootstrap_counts,
    bootstrap_means,
    permutation_p,
    swap_p,
)
from tunedrop.evaluation.statistics.significance import (
    mcnemar_exact,
    smallest_detectable,
    standard_error,
)

Scores = Sequence[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The right answers and those of the two that are compared, in the order of the rows."""

    golds: Sequence[str]
    rival: Sequence[str]
    tuned: Sequence[str]
    rival_name: str
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """The values of the tuned model and its rival by one metric, and their comparison."""

    rival: Estimate
    tuned: Estimate
    comparison: Comparison


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measured:
    """The result of one method; `error` is the standard error of the difference."""

    rival: Estimate
    tuned: Estimate
    difference: Estimate
    p_value: float
    test: str
    error: float


def compare(metric: Metric, evidence: Evidence) -> Compared:
    """Return both values and their difference (tuned minus rival), with intervals and p value."""
    rival = row_scores(metric, evidence.rival, evidence.golds)
    tuned = row_scores(metric, evidence.tuned, evidence.golds)
    if isinstance(metric, CorpusMetric):
        measured = _all_rows_together(metric, evidence, standard_error(_gaps(rival, tuned)))
    elif metric.binary:
        measured = _right_or_wrong(rival, tuned, evidence.confidence)
    else:
        measured = _score_a_row(rival, tuned, evidence.confidence)
    wins, losses = _wins(rival, tuned), _wins(tuned, rival)
    comparison = Comparison(
        metric=metric.name,
        rival=evidence.rival_name,
        difference=measured.difference,
        p_value=measured.p_value,
        test=measured.test,
        wins=wins,
        losses=losses,
        ties=len(tuned) - wins - losses,
        smallest_detectable=smallest_detectable(measured.error, evidence.confidence),
    )
    return Compared(rival=measured.rival, tuned=measured.tuned, comparison=comparison)


def row_scores(metric: Metric, answers: Sequence[str], golds: Sequence[str]) -> list[float]:
    """Return a score for each row; a metric without row scores gives 1 for right, else 0."""
    pairs = zip(answers, golds, strict=True)
    if isinstance(metric, RowMetric):
        return [metric.score(prediction, gold) for prediction, gold in pairs]
    return [float(prediction == gold) for prediction, gold in pairs]


def _right_or_wrong(rival: Scores, tuned: Scores, confidence: float) -> _Measured:
    n, wins, losses = len(tuned), _wins(rival, tuned), _wins(tuned, rival)
    return _Measured(
        rival=Estimate(fmean(rival), *wilson(sum(rival), n, confidence), n),
        tuned=Estimate(fmean(tuned), *wilson(sum(tuned), n, confidence), n),
        difference=Estimate((wins - losses) / n, *tango(wins, losses, n, confidence), n),
        p_value=mcnemar_exact(wins, losses),
        test="exact McNemar test",
        error=standard_error(_gaps(rival, tuned)),
    )


def _score_a_row(rival: Scores, tuned: Scores, confidence: float) -> _Measured:
    gaps = _gaps(rival, tuned)
    drawn = bootstrap_means(rival, tuned)
    return _Measured(
        rival=_estimate(fmean(rival), [other for other, _ in drawn], confidence, len(gaps)),
        tuned=_estimate(fmean(tuned), [mine for _, mine in drawn], confidence, len(gaps)),
        difference=_estimate(fmean(gaps), _differences(drawn), confidence, len(gaps)),
        p_value=permutation_p(gaps),
        test="paired permutation test",
        error=standard_error(gaps),
    )


def _all_rows_together(metric: CorpusMetric, evidence: Evidence, row_error: float) -> _Measured:
    """Compare by resampled counts; `row_error` is used when all resamples are equal."""
    n, confidence = len(evidence.golds), evidence.confidence
    rival = metric.score(Counter(zip(evidence.golds, evidence.rival, strict=True)))
    tuned = metric.score(Counter(zip(evidence.golds, evidence.tuned, strict=True)))
    cells = list(zip(evidence.golds, evidence.rival, evidence.tuned, strict=True))
    drawn = bootstrap_counts(cells, metric.score)
    return _Measured(
        rival=_estimate(rival, [other for other, _ in drawn], confidence, n),
        tuned=_estimate(tuned, [mine for _, mine in drawn], confidence, n),
        difference=_estimate(tuned - rival, _differences(drawn), confidence, n),
        p_value=swap_p(cells, metric.score),
        test="paired permutation test",
        error=pstdev(_differences(drawn)) or row_error,
    )


def _estimate(value: float, resampled: Scores, confidence: float, n: int) -> Estimate:
    return Estimate(value, *middle_share(resampled, confidence), n)


def _differences(drawn: Sequence[tuple[float, float]]) -> list[float]:
    return [mine - other for other, mine in drawn]


def _gaps(rival: Scores, tuned: Scores) -> list[float]:
    return [mine - other for other, mine in zip(rival, tuned, strict=True)]


def _wins(rival: Scores, tuned: Scores) -> int:
    return sum(mine > other for other, mine in zip(rival, tuned, strict=True))
