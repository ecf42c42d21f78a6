"""The results of an evaluation, from which headline, sentences and warnings are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tunedrop.documents.answers import Answers
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.figures import Scale
from tunedrop.documents.judgement import BaselineKind, Verdict
from tunedrop.documents.rows import Row
from tunedrop.evaluation.reading import units_for
from tunedrop.evaluation.scoring.kinds import Metric
from tunedrop.evaluation.scoring.metrics import METRICS
from tunedrop.evaluation.scoring.tasks import TASKS, JudgedTask
from tunedrop.evaluation.statistics.comparing import Compared, Evidence, compare
from tunedrop.evaluation.verdict import is_enough, passes, verdict_of
from tunedrop.recipe.schema import Recipe

BASE = "base"  # The base model's name as a rival.
MANY_OUT_OF_FORM = 0.05  # Share of rows not answered in form from which on the others are compared.


@dataclass(frozen=True, kw_only=True, slots=True)
class BaselineFinding:
    """A baseline: its name in tables, its name as the subject of a sentence, and its comparisons.

    `compared` has the comparison of the tuned model with it by each metric.
    """

    kind: BaselineKind
    name: str
    subject: str
    compared: dict[str, Compared]


@dataclass(frozen=True, kw_only=True)
class EvaluationFindings:
    """The comparisons with the base model and with the baselines, by metric.

    `golds`, `base` and `tuned` are the right answers and the answers as read, in the order of the
    rows. `labels` are the possible labels, empty for free text. `in_form` are the positions of the
    rows that both models answered in form: not cut at max_tokens, and readable. `leaked` are the
    positions of the rows that ask the same, or nearly the same, as a training row.
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
    baselines: Sequence[BaselineFinding]
    in_form: Sequence[int]
    leaked: Sequence[int]

    @property
    def task(self) -> JudgedTask:
        """How answers of the task are read."""
        return TASKS[self.dataset.task]

    @property
    def distinct_rows(self) -> list[Row]:
        """The test rows, each once, also when they were answered several times."""
        return list({row.row: row for row in self.rows}.values())

    @property
    def scale(self) -> Scale:
        """How values of the deciding metric are written."""
        return self.metric.scale

    @property
    def decisive(self) -> Compared:
        """The comparison with the base model that decides the verdict."""
        return self.compared[self.metric.name]

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

    def beside(self, baseline: BaselineFinding) -> Compared:
        """Return the comparison with a baseline by the deciding metric."""
        return baseline.compared[self.metric.name]

    @property
    def unbeaten(self) -> list[BaselineFinding]:
        """The baselines that the tuned model is not clearly better than; the best one first."""
        gate = self.recipe.evaluate.gate
        found = [
            each
            for each in self.baselines
            if verdict_of(self.beside(each).comparison, gate) != "better"
        ]
        return sorted(found, key=lambda each: -self.beside(each).rival.value)

    @property
    def reaches_gain(self) -> bool:
        """Whether the gain over the base model exceeds the recipe's minimum with confidence."""
        return passes(self.decisive.comparison, self.recipe.evaluate.gate)

    @property
    def passed_gate(self) -> bool:
        """Whether the gain reaches the recipe's minimum and every baseline is beaten."""
        return self.reaches_gain and not self.unbeaten

    @cached_property
    def where_in_form(self) -> Compared | None:
        """The comparison on the rows that both answered in form; None when that is all or none."""
        return self._on(self.in_form)

    @property
    def has_answers_out_of_form(self) -> bool:
        """Whether so many rows were not answered in form that the others are compared apart."""
        out = len(self.rows) - len(self.in_form)
        return out >= MANY_OUT_OF_FORM * len(self.rows) and out > 0

    @property
    def gains_by_form(self) -> bool:
        """Whether no gain is clear on the rows that both answered in form, if these are enough."""
        found = self.where_in_form if self.has_answers_out_of_form else None
        gate = self.recipe.evaluate.gate
        return (
            found is not None
            and is_enough(found.comparison)
            and verdict_of(found.comparison, gate) != "better"
        )

    @property
    def but_by_form(self) -> str:
        """How a gain that the answers' form makes is qualified in a sentence; "" for any other."""
        if self.where_in_form is None or not self.gains_by_form:
            return ""
        verdict = verdict_of(self.where_in_form.comparison, self.recipe.evaluate.gate)
        how = "worse" if verdict == "worse" else "not clearly"
        return f", but {how} where both answered in form"

    @cached_property
    def without_leaks(self) -> Compared | None:
        """The comparison on the rows that no training row resembles; None when all or none do."""
        leaked = set(self.leaked)
        return self._on([at for at in range(len(self.rows)) if at not in leaked])

    def golds_at(self, positions: Sequence[int]) -> list[str]:
        """Return the right answers of some rows; weights are those for these rows alone."""
        if self.task.weights is None:
            return [self.golds[at] for at in positions]
        rows, answers = self.rows, self.answers.base
        return self.task.weights([rows[at] for at in positions], [answers[at] for at in positions])

    def _on(self, positions: Sequence[int]) -> Compared | None:
        if len(positions) in {0, len(self.rows)}:
            return None
        return compare(
            self.metric,
            Evidence(
                golds=self.golds_at(positions),
                rival=[self.base[at] for at in positions],
                tuned=[self.tuned[at] for at in positions],
                rival_name=BASE,
                confidence=self.recipe.evaluate.gate.confidence,
                units=units_for([self.rows[at] for at in positions]),
            ),
        )
