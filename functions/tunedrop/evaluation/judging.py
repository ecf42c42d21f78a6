"""From the answers of both models to a judgement."""

from collections.abc import Iterable, Sequence

from tunedrop.dataset.document import Dataset, Row
from tunedrop.evaluation.asking import Answers
from tunedrop.evaluation.judgement import Judgement
from tunedrop.recipe import Recipe


def judge(
    dataset: Dataset,
    rows: Sequence[Row],
    answers: Answers,
    recipe: Recipe,
    train: Iterable[Row] = (),
) -> Judgement:
    """Score both models, compare them row by row, and say in words what follows."""
    raise NotImplementedError
