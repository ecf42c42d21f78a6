"""Warnings for the reader of a report, each with a count and a remedy."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from tunedrop.documents.figures import count, percent
from tunedrop.documents.rows import Row
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.scoring.labels import UNPARSED, normalise

FEW_ROWS = 100  # Fewer test rows than this cause a warning.
MANY_UNPARSED = 0.05  # Share of answers without a label from which on there is a warning.
BYTES_A_TOKEN = 4  # A common average, used only to find answers that are clearly too long.
ROWS_NAMED = 5  # Leaked rows that the warning lists.


def cautions(found: EvaluationFindings, leaked: Sequence[int]) -> list[str]:
    """Return the warnings for this report."""
    return [*_leaks(found, leaked), *(text for check in CHECKS for text in check(found))]


def leaked_rows(train: Iterable[Row], test: Sequence[Row]) -> list[int]:
    """Return the source rows of the test rows whose prompt is in the training rows too.

    Letter case, width, spacing and surrounding punctuation are ignored. Near duplicates are not
    found.
    """
    seen = {_question(row) for row in train}
    return [row.row for row in test if _question(row) in seen]


def _question(row: Row) -> str:
    return "\n".join(normalise(turn.text) for turn in row.prompt if turn.role != "system")


def _leaks(found: EvaluationFindings, leaked: Sequence[int]) -> Iterator[str]:
    if not leaked:
        return
    named = ", ".join(map(str, leaked[:ROWS_NAMED])) + (", …" if leaked[ROWS_NAMED:] else "")
    asks, rows = ("ask", "rows") if leaked[1:] else ("asks", "row")
    yield (
        f"{len(leaked):,} of the {count(len(found.rows), 'test row')} {asks} what a training row "
        f"asks ({rows} {named}), which makes the tuned model look better. "
        "Remove the duplicates from the dataset."
    )


def _few_rows(found: EvaluationFindings) -> Iterator[str]:
    if len(found.rows) < FEW_ROWS:
        yield (
            f"Only {count(len(found.rows), 'test row')}: small differences cannot be detected. "
            "Raise split.test in recipe.yaml, or drop more data."
        )


def _truncated(found: EvaluationFindings) -> Iterator[str]:
    for model, answers in (("base", found.answers.base), ("tuned", found.answers.tuned)):
        cut = sum(answer.finish_reason == "length" for answer in answers)
        if cut:
            yield (
                f"{cut:,} of the {model} model's {count(len(answers), 'answer')} were cut at "
                f"generation.max_tokens = {found.recipe.generation.answer_tokens} and are judged "
                "as they stand."
            )


def _long_golds(found: EvaluationFindings) -> Iterator[str]:
    limit = found.recipe.generation.answer_tokens
    long = sum(len(gold.encode()) / BYTES_A_TOKEN > limit for gold in found.golds)
    if long:
        yield (
            f"{count(long, 'right answer is', 'right answers are')} probably longer than "
            f"generation.max_tokens = {limit}: no model can reach them. Raise it in recipe.yaml."
        )


def _empty_golds(found: EvaluationFindings) -> Iterator[str]:
    empty = sum(not gold for gold in found.golds)
    if empty:
        yield (
            f"{count(empty, 'test row has', 'test rows have')} an empty right answer: a model that "
            "says nothing is right there. Fill them in, or take them out of the dataset."
        )


def _one_label(found: EvaluationFindings) -> Iterator[str]:
    if found.labels and len(set(found.golds)) == 1:
        yield (
            f"Every test row has the same label, “{found.golds[0]}”: these figures say nothing "
            "about the other labels."
        )


def _tuned_unparsed(found: EvaluationFindings) -> Iterator[str]:
    unparsed = found.tuned.count(UNPARSED) if found.labels else 0
    if unparsed >= MANY_UNPARSED * len(found.rows) and unparsed:
        yield (
            f"{percent(unparsed / len(found.rows))} of the tuned model's answers name no label, or "
            "several. Name the labels in the recipe's system prompt, or train longer."
        )


def _collapsed(found: EvaluationFindings) -> Iterator[str]:
    if len(found.rows) > 1 and len(set(found.tuned)) == 1 and len(set(found.golds)) > 1:
        yield (
            "The tuned model gives the same answer to every row: it has not learned the task. Try "
            "more rows, more epochs or another learning rate."
        )


def _no_effect(found: EvaluationFindings) -> Iterator[str]:
    pairs = zip(found.answers.base, found.answers.tuned, strict=True)
    if all(base.text == tuned.text for base, tuned in pairs):
        yield (
            "Both models gave the same answers, letter by letter: the training had no effect, or "
            "the adapter was not in use."
        )


CHECKS: tuple[Callable[[EvaluationFindings], Iterator[str]], ...] = (
    _no_effect,
    _collapsed,
    _one_label,
    _few_rows,
    _tuned_unparsed,
    _truncated,
    _long_golds,
    _empty_golds,
)
"""The checks in order of importance. A new one is a function of the findings, added here."""
