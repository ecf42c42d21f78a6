"""Read the answers of an evaluation, score both models and the baselines, and compare them."""

from collections.abc import Sequence
from dataclasses import replace

from tunedrop.documents.answers import Answers
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.rows import Row
from tunedrop.evaluation.baselines import (
    NearestRows,
    Rival,
    few_shot_rival,
    leaked_rows,
    rivals_without_a_model,
)
from tunedrop.evaluation.few_shot import FewShot
from tunedrop.evaluation.findings import BASE, BaselineFinding, EvaluationFindings
from tunedrop.evaluation.reading import reader_of, rows_in_form, texts_of, units_for
from tunedrop.evaluation.scoring.kinds import Metric
from tunedrop.evaluation.scoring.tasks import (
    TASKS,
    JudgedTask,
    ReadAll,
    deciding_metric,
    reported_metrics,
)
from tunedrop.evaluation.statistics.comparing import Compared, Evidence, compare
from tunedrop.recipe.schema import Recipe


def find(  # noqa: PLR0913, PLR0917 - what an evaluation consists of
    dataset: Dataset,
    rows: Sequence[Row],
    answers: Answers,
    recipe: Recipe,
    train: Sequence[Row],
    few_shot: FewShot | None = None,
) -> EvaluationFindings:
    """Read the answers, score both models by every metric of the task, and compare them.

    Raises:
        RecipeError: the gate's metric does not exist for the task.
    """
    task, gate = TASKS[dataset.task], recipe.evaluate.gate
    labels = _labels(task, dataset, rows)
    read = reader_of(rows, task.reader(labels, rows))
    beside_base = Evidence(
        golds=_golds(task, rows, answers, read),
        rival=read(texts_of(answers.base)),
        tuned=read(texts_of(answers.tuned)),
        rival_name=BASE,
        confidence=gate.confidence,
        units=units_for(rows),
    )
    metrics = reported_metrics(dataset.task, gate, beside_base.golds)
    search = NearestRows(train) if train else None
    nearest = [search.nearest(row) for row in rows] if search else []
    rivals = _rivals(dataset, train, nearest, len(rows), few_shot)
    return EvaluationFindings(
        dataset=dataset,
        recipe=recipe,
        rows=rows,
        answers=answers,
        labels=labels,
        golds=beside_base.golds,
        base=beside_base.rival,
        tuned=beside_base.tuned,
        metric=deciding_metric(dataset.task, gate, beside_base.golds),
        compared=_by_metric(metrics, beside_base),
        baselines=[_beside(each, read, metrics, beside_base) for each in rivals],
        in_form=rows_in_form(answers, (beside_base.rival, beside_base.tuned) if task.form else ()),
        leaked=leaked_rows(rows, train, nearest),
    )


def _rivals(
    dataset: Dataset,
    train: Sequence[Row],
    nearest: Sequence[Row],
    rows: int,
    few_shot: FewShot | None,
) -> list[Rival]:
    """Return the baselines: examples in the prompt, if they were asked, and answers of no model.

    Texts that are judged by their likelihood have no answers, and so no baseline without a model.
    """
    asked = [few_shot_rival(few_shot.examples, texts_of(few_shot.answers))] if few_shot else []
    if TASKS[dataset.task].weights is not None:
        return asked
    return [*asked, *rivals_without_a_model(dataset, train, nearest, rows)]


def _golds(task: JudgedTask, rows: Sequence[Row], answers: Answers, read: ReadAll) -> Sequence[str]:
    """Return the right answers as read, or the weights of the rows of a task that has these."""
    if task.weights is not None:
        return task.weights(rows, answers.base)
    return read([row.answer.strip() for row in rows])


def _beside(
    rival: Rival, read: ReadAll, metrics: Sequence[Metric], beside_base: Evidence
) -> BaselineFinding:
    """Compare the tuned model with a baseline by each metric."""
    evidence = replace(beside_base, rival=read(rival.answers), rival_name=rival.name)
    return BaselineFinding(
        kind=rival.kind,
        name=rival.name,
        subject=rival.subject,
        compared=_by_metric(metrics, evidence),
    )


def _labels(task: JudgedTask, dataset: Dataset, rows: Sequence[Row]) -> list[str]:
    """Return the possible labels, those of the test rows last; none for free text."""
    if not task.has_labels:
        return []
    named = [label.strip() for label in dataset.labels]
    return list(dict.fromkeys([*named, *(row.answer.strip() for row in rows)]))


def _by_metric(metrics: Sequence[Metric], evidence: Evidence) -> dict[str, Compared]:
    return {metric.name: compare(metric, evidence) for metric in metrics}
