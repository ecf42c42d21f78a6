"""The results of an evaluation, from which headline, sentences and warnings are written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tunedrop.documents.answers import Answers
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.figures import cut
from tunedrop.documents.report import Verdict
from tunedrop.documents.rows import Row
from tunedrop.evaluation.scoring.metrics import METRICS, Metric
from tunedrop.evaluation.scoring.tasks import TASKS, deciding_metric
from tunedrop.evaluation.scoring.tool_calls import read_calls
from tunedrop.evaluation.statistics.comparing import Compared, Evidence, compare
from tunedrop.evaluation.verdict import passes, verdict_of
from tunedrop.recipe.schema import Recipe

MAX_TRIVIAL_NAME = 40  # Characters of the answer in the name of the trivial baseline.


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationFindings:
    """The comparisons with the base model and with the trivial baseline, by metric.

    `golds`, `base` and `tuned` are the right answers and the answers as read, in the order of the
    rows. `labels` are the possible labels, empty for free text. `trivial` is empty when no answer
    occurs twice in the training rows.
    """

    dataset: Dataset
    recipe: Recipe
    rows: Sequence[Row]
    answers: Answers
    labels: Sequence[str]
    golds: Sequence[str]
    base: Sequence[str]
    tuned: Sequence[str]
    metric: Metric
    compared: dict[str, Compared]
    trivial: dict[str, Compared]

    @property
    def decisive(self) -> Compared:
        """The comparison with the base model that decides the verdict."""
        return self.compared[self.metric.name]

    @property
    def beside_trivial(self) -> Compared | None:
        """The comparison with the trivial baseline by the same metric."""
        return self.trivial.get(self.metric.name)

    @property
    def other_metrics(self) -> list[tuple[Metric, Compared]]:
        """The metrics other than the deciding one, with their comparisons."""
        return [
            (METRICS[name], each)
            for name, each in self.compared.items()
            if name != self.metric.name
        ]

    @property
    def verdict(self) -> Verdict:
        """The verdict on the tuned model, compared with the base model."""
        return verdict_of(self.decisive.comparison, self.recipe.evaluate.gate)

    @property
    def passed_gate(self) -> bool:
        """Whether the gain exceeds the recipe's minimum, with its confidence."""
        return passes(self.decisive.comparison, self.recipe.evaluate.gate)


def find(
    dataset: Dataset, rows: Sequence[Row], answers: Answers, recipe: Recipe, train: Sequence[Row]
) -> EvaluationFindings:
    """Read the answers, score both models by every metric of the task, and compare them.

    Raises:
        RecipeError: the gate's metric does not exist for the task.
    """
    task, gate = TASKS[dataset.task], recipe.evaluate.gate
    golds = [row.answer.strip() for row in rows]
    named = [label.strip() for label in dataset.labels]
    labels = list(dict.fromkeys([*named, *golds])) if task.has_labels else []
    read = task.reader(labels)
    readers = [read_calls if row.calls else read for row in rows]
    base = [read_as(each.text) for read_as, each in zip(readers, answers.base, strict=True)]
    tuned = [read_as(each.text) for read_as, each in zip(readers, answers.tuned, strict=True)]

    def against(rival: Sequence[str], name: str) -> dict[str, Compared]:
        evidence = Evidence(
            golds=golds, rival=rival, tuned=tuned, rival_name=name, confidence=gate.confidence
        )
        return {metric.name: compare(metric, evidence) for metric in task.metrics}

    answer = commonest_answer(dataset, train)
    return EvaluationFindings(
        dataset=dataset,
        recipe=recipe,
        rows=rows,
        answers=answers,
        labels=labels,
        golds=golds,
        base=base,
        tuned=tuned,
        metric=deciding_metric(dataset.task, gate, golds),
        compared=against(base, "base"),
        trivial={} if answer is None else against([answer] * len(rows), trivial_name(answer)),
    )


def commonest_answer(dataset: Dataset, train: Sequence[Row]) -> str | None:
    """Return the trivial baseline: the most frequent right answer of the training rows.

    Of equally frequent answers, the alphabetically first is returned. The result is None when no
    answer occurs twice, because a constant answer is then no useful baseline.
    """
    counts = Counter(dataset.splits["train"].labels if "train" in dataset.splits else {})
    if not counts:
        counts = Counter(row.answer.strip() for row in train)
    answer, occurrences = min(counts.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
    return answer if occurrences > 1 else None


def trivial_name(answer: str) -> str:
    """Return the trivial baseline's name in tables: always “negative”."""
    return f"always “{cut(' '.join(answer.split()), MAX_TRIVIAL_NAME)}”"
