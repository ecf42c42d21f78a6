"""Warnings for the reader of a report, each with a count and a remedy."""

from collections.abc import Callable, Iterator

from tunedrop.documents.figures import count, percent
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.scoring.labels import UNPARSED
from tunedrop.evaluation.scoring.likelihood import LikelihoodRow
from tunedrop.evaluation.scoring.sql import APART

MANY_UNPARSED = 0.05  # Share of answers without a label from which on there is a warning.
BYTES_A_TOKEN = 4  # A common average, used only to find answers that are clearly too long.
ROWS_NAMED = 5  # Leaked rows that the warning lists.


def cautions(found: EvaluationFindings) -> list[str]:
    """Return the warnings for this report."""
    return [text for check in CHECKS for text in check(found)]


def _leaks(found: EvaluationFindings) -> Iterator[str]:
    leaked = list(dict.fromkeys(found.rows[at].row for at in found.leaked))
    if not leaked:
        return
    named = ", ".join(map(str, leaked[:ROWS_NAMED])) + (", …" if leaked[ROWS_NAMED:] else "")
    tested = count(len(found.distinct_rows), "test row")
    asks, rows = ("ask", "rows") if leaked[1:] else ("asks", "row")
    text = (
        f"{len(leaked):,} of the {tested} {asks} the same as a "
        f"training row, or nearly the same ({rows} {named}), which makes the tuned model look "
        "better. Remove the duplicates from the dataset."
    )
    rest = found.without_leaks
    if rest is not None:
        gap, scale = rest.comparison.difference, found.scale
        text += (
            f" On the other {count(gap.n, 'row')} the tuned model reaches "
            f"{scale.value(rest.tuned.value)} and the base model {scale.value(rest.rival.value)}: "
            f"{scale.gap(gap.value)}, between {scale.signed(gap.low)} and {scale.signed(gap.high)}."
        )
    yield text


def _truncated(found: EvaluationFindings) -> Iterator[str]:
    for model, answers in (("base", found.answers.base), ("tuned", found.answers.tuned)):
        cut = sum(answer.finish_reason == "length" for answer in answers)
        if cut:
            yield (
                f"{cut:,} of the {model} model's {count(len(answers), 'answer')} "
                f"{'was' if cut == 1 else 'were'} cut at generation.max_tokens = "
                f"{found.recipe.generation.answer_tokens}; a cut answer is judged as it stands. "
                "Raise it in recipe.yaml if the right answers are as long."
            )


def _long_golds(found: EvaluationFindings) -> Iterator[str]:
    if found.task.weights is not None:  # Nothing is generated.
        return
    limit = found.recipe.generation.answer_tokens
    long = sum(len(row.answer.encode()) / BYTES_A_TOKEN > limit for row in found.distinct_rows)
    if long:
        yield (
            f"{count(long, 'right answer is', 'right answers are')} probably longer than "
            f"generation.max_tokens = {limit}: no model can reach them. Raise it in recipe.yaml."
        )


def _empty_golds(found: EvaluationFindings) -> Iterator[str]:
    empty = sum(not row.answer.strip() for row in found.distinct_rows)
    if empty:
        yield (
            f"{count(empty, 'test row has', 'test rows have')} an empty right answer: a model that "
            "says nothing is right there. Fill them in, or take them out of the dataset."
        )


def _no_examples(found: EvaluationFindings) -> Iterator[str]:
    """Say that the few-shot baseline is missing, and why."""
    kinds = {baseline.kind for baseline in found.baselines}
    if "nearest" not in kinds or "few_shot" in kinds or any(row.tools for row in found.rows):
        return
    yield (
        "The base model was not asked with examples in its prompt, because none fits beside the "
        "longest test row into hyperparameters.max_length. Raise it in recipe.yaml to see whether "
        "examples alone would do."
    )


def _one_label(found: EvaluationFindings) -> Iterator[str]:
    if found.labels and len(set(found.golds)) == 1:
        yield (
            f"Every test row has the same label, “{found.golds[0]}”: these figures say nothing "
            "about the other labels."
        )


def _tuned_unparsed(found: EvaluationFindings) -> Iterator[str]:
    unparsed = found.tuned.count(UNPARSED) if found.task.form else 0
    if unparsed >= MANY_UNPARSED * len(found.rows) and unparsed:
        share = percent(unparsed / len(found.rows))
        yield (
            f"{share} of the tuned model's answers name no label, or several. Name the labels in "
            "the recipe's system prompt, or train longer."
            if found.labels
            else f"{share} of the tuned model's answers contain no {found.task.form}. Ask for it "
            "in the recipe's system prompt, raise generation.max_tokens, or train longer."
        )


def _unreadable_golds(found: EvaluationFindings) -> Iterator[str]:
    if found.dataset.task == "extraction":
        bad = found.golds.count(UNPARSED)
        told = count(bad, "right answer contains", "right answers contain")
        if bad:
            yield f"{told} no JSON: no model can reach them. Correct them in the dataset."
    if found.dataset.task == "sql":
        bad = sum(gold.endswith(APART) for gold in found.golds)
        told = count(bad, "right query fails", "right queries fail")
        if bad:
            yield (
                f"{told} on SQLite with the tables of the prompt; there, only a query with the "
                "same text counts as right. Put the CREATE TABLE statements into the prompt."
            )


def _collapsed(found: EvaluationFindings) -> Iterator[str]:
    if len(found.rows) > 1 and len(set(found.tuned)) == 1 and len(set(found.golds)) > 1:
        yield (
            "The tuned model gives the same answer to every row: it has not learned the task. Try "
            "more rows, more epochs or another learning rate."
        )


def _one_judgement(found: EvaluationFindings) -> Iterator[str]:
    judged = {row.good for row in found.rows if isinstance(row, LikelihoodRow)} - {None}
    if len(judged) == 1:
        kind = "good" if judged.pop() else "bad"
        yield (
            f"Every test row is judged {kind}: the margin is the likelihood of {kind} answers "
            "alone. Hold out rows of the other kind too."
        )


def _no_effect(found: EvaluationFindings) -> Iterator[str]:
    pairs = zip(found.answers.base, found.answers.tuned, strict=True)
    if all(base.text == tuned.text for base, tuned in pairs):
        yield (
            "Both models gave the same answers, letter by letter: the training had no effect, or "
            "the adapter was not in use."
        )


CHECKS: tuple[Callable[[EvaluationFindings], Iterator[str]], ...] = (
    _leaks,
    _no_effect,
    _collapsed,
    _one_label,
    _no_examples,
    _one_judgement,
    _tuned_unparsed,
    _truncated,
    _long_golds,
    _unreadable_golds,
    _empty_golds,
)
"""The checks in order of importance. A new one is a function of the findings, added here."""
