"""Test rows that are judged by likelihoods, and the log-likelihoods of two models."""

from collections.abc import Sequence
from random import Random

from tests.support.builders.evaluations import dataset_of
from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.dataset import Task
from tunedrop.documents.judgement import Judgement
from tunedrop.documents.rows import AnyRow, Message
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.scoring.likelihood import Likelihood, LikelihoodRow, Likelihoods
from tunedrop.recipe.schema import Recipe

ROWS = 40


def rows_for(task: Task, rows: int = ROWS) -> list[LikelihoodRow]:
    """Return test rows; of three judged answers two are good."""
    made = []
    for number in range(1, rows + 1):
        asked = [Message("user", f"question {number}")]
        row = AnyRow(row=number)
        if task == "preference":
            row.prompt, row.chosen = asked, [Message("assistant", "yes")]
            row.rejected = [Message("assistant", "no")]
        elif task == "kto":
            row.prompt, row.completion = asked, [Message("assistant", "yes")]
            row.label = number % 3 > 0
        else:
            row.text = f"text number {number} about nothing"
        made.append(LikelihoodRow.of(row))
    return made


def answers_with(
    better: Sequence[float], worse: Sequence[float] = (), tokens: int = 4
) -> list[Answer]:
    """Return answers of these log-likelihoods a token."""
    return [
        Answer(
            Likelihoods(
                Likelihood(one * tokens, tokens),
                Likelihood(worse[at] * 2 * tokens, 2 * tokens) if worse else None,
            ).text
        )
        for at, one in enumerate(better)
    ]


def noise(seed: int, around: float, spread: float = 0.2, rows: int = ROWS) -> list[float]:
    """Return log-likelihoods a token around a mean, drawn with this seed."""
    random = Random(seed)  # noqa: S311 - no secret
    return [random.gauss(around, spread) for _ in range(rows)]


def judged(
    task: Task, base: list[Answer], tuned: list[Answer], recipe: Recipe | None = None
) -> Judgement:
    """Judge both models by these answers."""
    return judge(
        dataset_of(task), rows_for(task), Answers(base=base, tuned=tuned), recipe or Recipe()
    )


def judged_preferences() -> Judgement:
    """Judge preferences for which the tuned model has the wider margin."""
    base = answers_with(noise(1, -2.0), noise(2, -2.0))
    return judged("preference", base, answers_with(noise(3, -1.5), noise(4, -2.5)))
