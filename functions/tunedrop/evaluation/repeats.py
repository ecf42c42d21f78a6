"""Several answers to each row, at a temperature above 0: how much they differ, and pass^k."""

from collections import Counter
from collections.abc import Sequence
from math import comb
from statistics import fmean, stdev

import msgspec

from tunedrop.documents.figures import percent
from tunedrop.documents.judgement import Repeats, Spread
from tunedrop.documents.rows import Row
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.scoring.kinds import RowMetric
from tunedrop.evaluation.statistics.comparing import row_scores


class RepeatedRow(Row):
    """A test row that is asked more than once; `repeat` counts from 0 and changes the seed."""

    repeat: int = 0


def repeated(rows: Sequence[Row], times: int) -> list[Row]:
    """Return each row so many times, one after the other."""
    if times == 1:
        return list(rows)
    return [
        RepeatedRow(**msgspec.structs.asdict(row), repeat=repeat)
        for row in rows
        for repeat in range(times)
    ]


def repeat_of(row: Row) -> int:
    """Return which answer to the row this is, from 0."""
    return row.repeat if isinstance(row, RepeatedRow) else 0


def repeats_of(found: EvaluationFindings) -> Repeats | None:
    """Return how the answers to the same rows differ; None when each row was asked once."""
    times = found.recipe.evaluate.repeats
    if times == 1:
        return None
    return Repeats(
        times=times,
        temperature=found.recipe.generation.temperature,
        base=_spread(found, found.base, times),
        tuned=_spread(found, found.tuned, times),
    )


def _spread(found: EvaluationFindings, answers: Sequence[str], times: int) -> Spread:
    """Return the metric of the first answers, of the second ones and so on, and pass^k."""
    metric, values, passes = found.metric, [], list[float]()
    scores = row_scores(metric, answers, found.golds)
    for repeat in range(times):
        if isinstance(metric, RowMetric):
            values.append(fmean(scores[repeat::times]))
        else:
            pairs = zip(found.golds[repeat::times], answers[repeat::times], strict=True)
            values.append(metric.score(Counter(pairs)))
    if isinstance(metric, RowMetric) and metric.binary:
        right = [int(sum(scores[at : at + times])) for at in range(0, len(scores), times)]
        passes = [pass_k(right, times, k) for k in range(1, times + 1)]
    return Spread(values=values, standard_deviation=stdev(values), passes=passes)


def pass_k(right: Sequence[int], times: int, k: int) -> float:
    """Return pass^k: how probably k answers to one row are all right.

    The unbiased estimate of a row with c right answers of n is C(c, k) / C(n, k) (Yao et al.,
    "tau-bench: A benchmark for tool-agent-user interaction in real-world domains", 2024).
    """
    return fmean(comb(each, k) / comb(times, k) for each in right)


def repeat_sentences(found: EvaluationFindings) -> list[str]:
    """Return what the reader has to know about repeated answers."""
    repeats = repeats_of(found)
    if repeats is None:
        return []
    mine, base = repeats.tuned, repeats.base
    spread = (
        f"Each row was answered {repeats.times} times at temperature {repeats.temperature:g}; its "
        f"answers count as one observation. From one round of answers to the next, the tuned "
        f"model's {found.metric.title} lies between {percent(min(mine.values))} and "
        f"{percent(max(mine.values))} (standard deviation {mine.standard_deviation * 100:.1f} "
        f"points), the base model's between {percent(min(base.values))} and "
        f"{percent(max(base.values))}."
    )
    if not mine.passes:
        return [spread]
    always = (
        f"All {repeats.times} answers to a row are right on {percent(mine.passes[-1])} of the rows "
        f"with the tuned model, and on {percent(base.passes[-1])} with the base model "
        f"(pass^{repeats.times})."
    )
    return [spread, always]
