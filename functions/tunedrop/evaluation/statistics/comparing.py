"""Compare two models by one metric, with the method that suits the metric and the rows.

| metric | rows | interval of a value | interval of the difference | p value |
|---|---|---|---|---|
| right or wrong | independent | Wilson | Tango's paired score | McNemar, mid-p |
| right or wrong | in groups | Wilson, effective rows | inverted sign test | signs of groups |
| a score for each row | any | Wilson, effective rows | inverted sign test | signs of groups |
| a likelihood for each row | any | Student's t | inverted sign test | signs of groups |
| all rows together | any | the same, from influences | the same | signs, and swaps of groups |

An interval of the difference leaves zero out if and only if its p value is below 1 - confidence, so
the two never tell different stories. docs/evaluation.md explains each method.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tunedrop.documents.judgement import Comparison, Estimate
from tunedrop.evaluation.scoring.kinds import CorpusMetric, Metric, RowMetric
from tunedrop.evaluation.statistics.influence import influence_scores
from tunedrop.evaluation.statistics.intervals import effective_rows, t_of, tango, wilson, z_of
from tunedrop.evaluation.statistics.significance import mcnemar_mid_p, smallest_detectable
from tunedrop.evaluation.statistics.signs import sign_test
from tunedrop.evaluation.statistics.swaps import swap_p
from tunedrop.evaluation.statistics.units import Units, UnitScores

Scores = Sequence[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The right answers and those of the two that are compared, in the order of the rows.

    `units` says which rows belong together.
    """

    golds: Sequence[str]
    rival: Sequence[str]
    tuned: Sequence[str]
    rival_name: str
    confidence: float
    units: Units


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """The values of the tuned model and its rival by one metric, and their comparison."""

    rival: Estimate
    tuned: Estimate
    comparison: Comparison


@dataclass(frozen=True, kw_only=True, slots=True)
class _Difference:
    """The interval and the p value of a difference, and the name of the test."""

    low: float
    high: float
    p_value: float
    test: str


def compare(metric: Metric, evidence: Evidence) -> Compared:
    """Return both values and their difference (tuned minus rival), with intervals and p value."""
    units, confidence = evidence.units, evidence.confidence
    rows = units.rows
    rival = row_scores(metric, evidence.rival, evidence.golds)
    tuned = row_scores(metric, evidence.tuned, evidence.golds)
    base, mine = (
        _unit_scores(metric, evidence, answers, scores)
        for answers, scores in ((evidence.rival, rival), (evidence.tuned, tuned))
    )
    gaps = UnitScores(
        sums=[b - a for a, b in zip(base.sums, mine.sums, strict=True)], sizes=base.sizes
    )
    of_rows = units.by_row(rival), units.by_row(tuned)
    wins, losses = _wins(*of_rows), _wins(*reversed(of_rows))
    bounded = metric.scale.is_share
    exact = isinstance(metric, RowMetric) and metric.binary and units.are_rows
    if exact:
        found = _right_or_wrong(wins, losses, rows, confidence)
    elif isinstance(metric, CorpusMetric):
        found = _signs_and_swaps(gaps, metric, evidence)
    else:
        found = _signs(gaps, units, confidence, bounded=bounded)
    error = (gaps.with_a_win_and_a_loss() if bounded else gaps).standard_error
    comparison = Comparison(
        metric=metric.name,
        rival=evidence.rival_name,
        difference=Estimate(mine.mean - base.mean, found.low, found.high, rows),
        p_value=found.p_value,
        test=found.test,
        wins=wins,
        losses=losses,
        ties=rows - wins - losses,
        smallest_detectable=smallest_detectable(error, confidence, len(units.sizes)),
        units=len(units.sizes),
    )
    return Compared(
        rival=_value(base, confidence, rows, exact=exact, bounded=bounded),
        tuned=_value(mine, confidence, rows, exact=exact, bounded=bounded),
        comparison=comparison,
    )


def row_scores(metric: Metric, answers: Sequence[str], golds: Sequence[str]) -> list[float]:
    """Return a score for each row; a metric without row scores gives 1 for right, else 0."""
    pairs = zip(answers, golds, strict=True)
    if isinstance(metric, RowMetric):
        return [metric.score(prediction, gold) for prediction, gold in pairs]
    return [float(prediction == gold) for prediction, gold in pairs]


def _unit_scores(
    metric: Metric, evidence: Evidence, answers: Sequence[str], scores: Scores
) -> UnitScores:
    if isinstance(metric, CorpusMetric):
        pairs = list(zip(evidence.golds, answers, strict=True))
        return influence_scores(pairs, evidence.units, metric.score)
    return evidence.units.scores(scores)


def _right_or_wrong(wins: int, losses: int, rows: int, confidence: float) -> _Difference:
    """Compare independent rows that are right or wrong."""
    p_value = mcnemar_mid_p(wins, losses)
    low, high = tango(wins, losses, rows, confidence)
    if p_value >= 1 - confidence:  # Tango's interval may be a little narrower than the test's.
        low, high = min(low, 0.0), max(high, 0.0)
    return _Difference(low=low, high=high, p_value=p_value, test="McNemar's mid-p test")


def _signs(
    gaps: UnitScores, units: Units, confidence: float, *, bounded: bool = True
) -> _Difference:
    """Compare by flipping the signs of units.

    The test expects differences between -1 and 1. Others are divided by the largest one before.
    """
    largest = 1.0
    if not bounded:
        means = (total / size for total, size in zip(gaps.sums, gaps.sizes, strict=True))
        largest = max(map(abs, means)) or 1.0
    found = sign_test(
        UnitScores(sums=[each / largest for each in gaps.sums], sizes=gaps.sizes), confidence
    )
    of = "" if len(units.sizes) == units.rows else f" of {len(units.sizes):,} groups of rows"
    return _Difference(
        low=found.low * largest,
        high=found.high * largest,
        p_value=found.p_value,
        test=f"sign permutation test{of}",
    )


def _signs_and_swaps(gaps: UnitScores, metric: CorpusMetric, evidence: Evidence) -> _Difference:
    """Compare by the influences of the units; what they call significant must survive swaps too.

    The influences are an approximation, which is too optimistic with few rows of a label.
    """
    found, most = _signs(gaps, evidence.units, evidence.confidence), 1 - evidence.confidence
    if found.p_value >= most:
        return found
    cells = list(zip(evidence.golds, evidence.rival, evidence.tuned, strict=True))
    p_value = max(found.p_value, swap_p(cells, evidence.units, metric.score))
    low, high = found.low, found.high
    if p_value >= most:
        low, high = min(low, 0.0), max(high, 0.0)
    return _Difference(low=low, high=high, p_value=p_value, test=found.test)


def _value(
    scores: UnitScores, confidence: float, rows: int, *, exact: bool, bounded: bool
) -> Estimate:
    """Return a model's own value with Wilson's interval; with Student's if it is no share."""
    units = len(scores.sizes)
    if not bounded:
        half = t_of(confidence, max(1, units - 1)) * scores.standard_error
        return Estimate(scores.mean, scores.mean - half, scores.mean + half, rows)
    value = min(1.0, max(0.0, scores.mean))
    if exact:
        return Estimate(value, *wilson(value, rows, z_of(confidence)), rows)
    effective = effective_rows(value, scores.standard_error, units)
    return Estimate(value, *wilson(value, effective, t_of(confidence, max(1, units - 1))), rows)


def _wins(rival: Scores, tuned: Scores) -> int:
    return sum(mine > other for other, mine in zip(rival, tuned, strict=True))
