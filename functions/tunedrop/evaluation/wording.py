"""The verdict in words: a headline, and the sentences that support it."""

from collections.abc import Iterator
from math import ceil

from tunedrop.documents.figures import count, p_value
from tunedrop.evaluation.findings import BaselineFinding, EvaluationFindings
from tunedrop.evaluation.more_rows import hold_out, rows_to_show
from tunedrop.evaluation.repeats import repeat_sentences
from tunedrop.evaluation.statistics.comparing import Compared
from tunedrop.evaluation.verdict import (
    MIN_ROWS,
    MIN_UNITS,
    is_certain,
    is_enough,
    margin_of,
    verdict_of,
)

NOTABLE = 0.01  # A smaller observed difference is not worth a larger test.
RESERVE = 1.25  # Further test rows often belong to groups that are in the test already.


def headline(found: EvaluationFindings) -> str:
    """Return one sentence: whether the tuned model is better, with the figures."""
    rows, value = found.decisive.comparison.difference.n, found.scale.value
    mine, base = found.decisive.tuned.value, found.decisive.rival.value
    figures = f"{found.metric.phrase.format(value(mine))} against {value(base)}"
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
    units = found.decisive.comparison.units
    grouped = f" in {count(units, 'independent group')}" if units < MIN_UNITS <= rows else ""
    return (
        f"{count(rows, 'test row')}{grouped} {'is' if rows == 1 else 'are'} too few to tell which "
        f"model is better: {figures}."
    )


def sentences(found: EvaluationFindings) -> list[str]:
    """Return the sentences of evidence, the most important first."""
    return [
        _difference(found),
        *_rows_needed(found),
        _row_by_row(found),
        *repeat_sentences(found),
        *(text for each in found.baselines for text in _beside(found, each)),
        *_where_in_form(found),
        *_other_metrics(found),
        *_power(found),
    ]


def _qualification(found: EvaluationFindings) -> str:
    """Return the qualification of "better": a baseline, the recipe's gate, or the answers' form."""
    gate = found.recipe.evaluate.gate
    for each in found.unbeaten:
        rival = found.beside(each)
        clearly = (
            "" if verdict_of(rival.comparison, gate) == "worse" else "not clearly better than "
        )
        worse = "" if clearly else "worse than "
        return f", but {clearly}{worse}{each.subject} ({found.scale.value(rival.rival.value)})"
    if not found.reaches_gain:
        return (
            f", but not certainly by the {found.scale.size(gate.min_gain)} that the recipe asks for"
        )
    return found.but_by_form


def _difference(found: EvaluationFindings) -> str:
    comparison, gate = found.decisive.comparison, found.recipe.evaluate.gate
    if not is_enough(comparison):
        chance = "too few rows to rely on"
    elif is_certain(comparison, gate):
        chance = "unlikely by chance alone"
    else:
        chance = "possible by chance alone"
    return (
        f"The difference is {_interval(found, found.decisive)} ({comparison.test}, "
        f"{p_value(comparison.p_value)}: {chance})."
    )


def _interval(found: EvaluationFindings, compared: Compared) -> str:
    gap, sure = compared.comparison.difference, found.recipe.evaluate.gate.confidence * 100
    scale = found.scale
    return (
        f"{scale.gap(gap.value)}; with {sure:g}% confidence the true one lies between "
        f"{scale.signed(gap.low)} and {scale.gap(gap.high)}"
    )


def _row_by_row(found: EvaluationFindings) -> str:
    comparison = found.decisive.comparison
    return (
        f"Row by row, the tuned model did better than the base model on {comparison.wins:,}, worse "
        f"on {comparison.losses:,}, and equally well on {comparison.ties:,}."
    )


def _beside(found: EvaluationFindings, baseline: BaselineFinding) -> Iterator[str]:
    """Compare the tuned model with a baseline, if the test rows are enough for any verdict."""
    rival = found.beside(baseline)
    name = f"{baseline.subject[0].upper()}{baseline.subject[1:]}"
    scale, gap = found.scale, rival.comparison.difference
    reached = f"{name} reaches {scale.value(rival.rival.value)}"
    between = f"{scale.signed(gap.low)} to {scale.gap(gap.high)}"
    if not is_enough(rival.comparison):
        yield f"{reached}."
        return
    match verdict_of(rival.comparison, found.recipe.evaluate.gate):
        case "better":
            yield f"{reached}; the tuned model beats that too ({between})."
        case "worse" if baseline.kind == "few_shot":
            yield f"{reached}: more than the tuned model ({between}). No training was needed."
        case "worse":
            yield f"{reached}: more than the tuned model ({between}). It has not learned the task."
        case _:
            yield f"{reached}; the tuned model is not clearly better than that ({between})."


def _where_in_form(found: EvaluationFindings) -> Iterator[str]:
    """Separate a gain from a better answer format from other gains."""
    if not found.has_answers_out_of_form or not is_enough(found.decisive.comparison):
        return
    form = f"{found.task.form}, not cut off" if found.task.form else "not cut off"
    compared = found.where_in_form
    if compared is None:
        yield (
            f"There is no row that both models answered in form ({form}): all of the gain may come "
            "from the answer format."
        )
        return
    rows = count(compared.comparison.difference.n, "row")
    text = (
        f"On the {rows} that both models answered in form ({form}), "
        f"the tuned model reaches {found.scale.value(compared.tuned.value)} and the base model "
        f"{found.scale.value(compared.rival.value)}"
    )
    if is_enough(compared.comparison):
        yield f"{text}: the difference is {_interval(found, compared)}."
    else:
        yield f"{text}: too few rows to tell what was learned besides the format."


def _other_metrics(found: EvaluationFindings) -> Iterator[str]:
    for metric, each in found.other_metrics:
        is_name = not metric.title.split()[0].islower()  # chrF and the like stay as they are
        title = metric.title if is_name else metric.title[0].upper() + metric.title[1:]
        yield (
            f"{title} goes from {metric.scale.value(each.rival.value)} to "
            f"{metric.scale.value(each.tuned.value)} "
            f"({metric.scale.gap(each.comparison.difference.value)})."
        )


def _rows_needed(found: EvaluationFindings) -> Iterator[str]:
    """Say what is missing for a verdict and which line of the recipe to change."""
    comparison, rows = found.decisive.comparison, found.decisive.comparison.difference.n
    if found.verdict != "too_small_to_tell":
        return
    if rows < MIN_ROWS:
        missing = count(MIN_ROWS - rows, "more test row is needed", "more test rows are needed")
        yield f"{missing}. {hold_out(found.dataset, found.recipe, MIN_ROWS)}"
    elif comparison.units < MIN_UNITS:
        missing = count(MIN_UNITS - comparison.units, "more group", "more groups")
        wanted = ceil(rows * MIN_UNITS / comparison.units * RESERVE)
        yield (
            "Rows of one group, near duplicates and rows with the same prompt count as one "
            f"observation. {missing} of test rows are needed. "
            f"{hold_out(found.dataset, found.recipe, wanted)}"
        )
    else:
        yield _more_for_a_verdict(found)


def _more_for_a_verdict(found: EvaluationFindings) -> str:
    comparison, rows = found.decisive.comparison, found.decisive.comparison.difference.n
    seen, margin = abs(comparison.difference.value), margin_of(found.recipe.evaluate.gate)
    detectable = comparison.smallest_detectable
    for_margin = rows_to_show(margin, detectable, rows)
    text = f"To show a difference of {found.scale.size(margin)}, about {for_margin:,} test rows"
    wanted = for_margin
    if NOTABLE <= seen < detectable:
        for_seen = rows_to_show(seen, detectable, rows)
        text += (
            f" are needed; to show the one seen here, {found.scale.gap(seen)}, about {for_seen:,}"
        )
        wanted = min(for_seen, for_margin)
    else:
        text += " are needed"
    return f"{text}. {hold_out(found.dataset, found.recipe, wanted)}"


def _power(found: EvaluationFindings) -> Iterator[str]:
    comparison = found.decisive.comparison
    if not is_enough(comparison):
        return
    rows, units = found.decisive.comparison.difference.n, comparison.units
    grouped = f" in {count(units, 'independent group')}" if units < rows else ""
    detectable = found.scale.gap(comparison.smallest_detectable).removeprefix("+")
    yield (
        f"These {count(rows, 'test row')}{grouped} show a true difference of "
        f"{detectable} in 80 of 100 evaluations; smaller ones "
        "are found less often."
    )
