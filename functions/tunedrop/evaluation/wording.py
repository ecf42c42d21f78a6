"""The verdict in words: a headline, and the sentences that support it."""

from collections.abc import Iterator
from math import ceil, log10

from tunedrop.documents.figures import count, p_value, percent, points, signed
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.scoring.labels import UNPARSED
from tunedrop.evaluation.verdict import is_certain, margin_of, verdict_of

MANY_UNPARSED = 0.1  # Share of unparsed base answers from which on their effect is reported.


def headline(found: EvaluationFindings) -> str:
    """Return one sentence: whether the tuned model is better, with the figures."""
    rows = len(found.rows)
    mine, base = found.decisive.tuned.value, found.decisive.rival.value
    figures = f"{found.metric.phrase.format(percent(mine))} against {percent(base)}"
    on_rows = f"on {count(rows, 'held-out row')}"
    match found.verdict:
        case "better":
            return (
                f"The tuned model is better than the base model{_qualification(found)}: {figures}, "
                f"{on_rows}."
            )
        case "worse":
            return f"The tuned model is worse than the base model: {figures}, {on_rows}."
        case "no_difference":
            return f"The tuned model is no better than the base model: {figures}, {on_rows}."
    return (
        f"{count(rows, 'test row is', 'test rows are')} too few to tell which model is better: "
        f"{figures}."
    )


def sentences(found: EvaluationFindings) -> list[str]:
    """Return the sentences of evidence, the most important first."""
    return [
        _difference(found),
        _row_by_row(found),
        *_beside_trivial(found),
        *_answer_format(found),
        *_gate(found),
        *_other_metrics(found),
        *_rows_needed(found),
    ]


def _qualification(found: EvaluationFindings) -> str:
    """Return the qualification of "better": by the trivial baseline or the recipe's gate."""
    trivial = found.beside_trivial
    if trivial is not None:
        verdict = verdict_of(trivial.comparison, found.recipe.evaluate.gate)
        name = _as_subject(trivial.comparison.rival)
        if verdict == "worse":
            return f", but worse than {name} ({percent(trivial.rival.value)})"
        if verdict != "better":
            return f", but not clearly better than {name} ({percent(trivial.rival.value)})"
    if not found.passed_gate:
        gain = found.recipe.evaluate.gate.min_gain
        return f", but not certainly by the {gain * 100:g} points that the recipe asks for"
    return ""


def _difference(found: EvaluationFindings) -> str:
    comparison = found.decisive.comparison
    gap = comparison.difference
    sure = f"{found.recipe.evaluate.gate.confidence * 100:g}%"
    chance = (
        "unlikely by chance alone"
        if is_certain(comparison, found.recipe.evaluate.gate)
        else "possible by chance alone"
    )
    return (
        f"The difference is {points(gap.value)}; with {sure} confidence the true one lies between "
        f"{signed(gap.low)} and {points(gap.high)} ({comparison.test}, "
        f"{p_value(comparison.p_value)}: {chance})."
    )


def _row_by_row(found: EvaluationFindings) -> str:
    comparison = found.decisive.comparison
    return (
        f"Row by row, the tuned model did better than the base model on {comparison.wins:,}, worse "
        f"on {comparison.losses:,}, and equally well on {comparison.ties:,}."
    )


def _beside_trivial(found: EvaluationFindings) -> Iterator[str]:
    trivial = found.beside_trivial
    if trivial is None:
        return
    comparison = trivial.comparison
    name = _as_subject(comparison.rival)
    reached = (
        f"{name[0].upper()}{name[1:]}, with no model at all, reaches {percent(trivial.rival.value)}"
    )
    low, high = comparison.difference.low, comparison.difference.high
    between = f"{signed(low)} to {points(high)}"
    match verdict_of(comparison, found.recipe.evaluate.gate):
        case "better":
            yield f"{reached}; the tuned model beats that too ({between})."
        case "worse":
            yield f"{reached}: more than the tuned model ({between}). It has not learned the task."
        case _:
            yield f"{reached}; the tuned model is not clearly better than that ({between})."


def _answer_format(found: EvaluationFindings) -> Iterator[str]:
    """Separate a gain from a better answer format from other gains."""
    named = [index for index, answer in enumerate(found.base) if answer != UNPARSED]
    unparsed = len(found.base) - len(named)
    if not found.labels or unparsed < MANY_UNPARSED * len(found.base):
        return
    text = (
        f"{unparsed:,} of the base model's {count(len(found.base), 'answer')} name no label, or "
        "several, and count as wrong"
    )
    if not named:
        yield f"{text}: much of the gain may come from the answer format alone."
        return
    base = sum(found.base[index] == found.golds[index] for index in named)
    tuned = sum(found.tuned[index] == found.golds[index] for index in named)
    yield (
        f"{text}. On the other {len(named):,} rows, where the format makes no difference, the "
        f"base model is right on {percent(base / len(named))} and the tuned model on "
        f"{percent(tuned / len(named))}."
    )


def _gate(found: EvaluationFindings) -> Iterator[str]:
    gain, low = found.recipe.evaluate.gate.min_gain, found.decisive.comparison.difference.low
    if gain > 0:
        reached = "reached" if found.passed_gate else "not reached"
        yield (
            f"The recipe asks for a gain above {gain * 100:g} points with its confidence: the "
            f"lower end of the interval is {points(low)}, so it is {reached}."
        )


def _other_metrics(found: EvaluationFindings) -> Iterator[str]:
    for metric, each in found.other_metrics:
        title = metric.title[0].upper() + metric.title[1:]
        yield (
            f"{title} goes from {percent(each.rival.value)} to {percent(each.tuned.value)} "
            f"({points(each.comparison.difference.value)})."
        )


def _rows_needed(found: EvaluationFindings) -> Iterator[str]:
    """Say how many rows a clear result needs, if this one is not clear."""
    if found.verdict != "too_small_to_tell":
        return
    seen, target = (
        found.decisive.comparison.smallest_detectable,
        margin_of(found.recipe.evaluate.gate),
    )
    rows = _rounded_up(len(found.rows) * (seen / target) ** 2)
    yield (
        f"{count(len(found.rows), 'row')} would show a true difference of {seen * 100:.0f} points "
        f"or more. To detect {target * 100:g} points, about {count(rows, 'test row')} are needed: "
        "raise rows.max_test and split.test in recipe.yaml, or drop more data."
    )


def _rounded_up(rows: float) -> int:
    """Round up to two significant digits: 1,234 becomes 1,300."""
    step = int(10.0 ** max(0, int(log10(max(rows, 1))) - 1))
    return ceil(rows / step) * step


def _as_subject(rival: str) -> str:
    """Return "always answering “negative”" for the baseline "always “negative”"."""
    return rival.replace("always ", "always answering ", 1)
