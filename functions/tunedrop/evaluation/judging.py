"""Judge the answers of both models: score, compare, and write the judgement."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random

from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.figures import cut
from tunedrop.documents.judgement import (
    Baseline,
    Comparison,
    Estimate,
    Example,
    Judgement,
    MetricWords,
    Sample,
    Scores,
)
from tunedrop.documents.rows import Message, Row
from tunedrop.errors import EvaluationError
from tunedrop.evaluation.cautions import cautions
from tunedrop.evaluation.comparing_answers import find
from tunedrop.evaluation.few_shot import FewShot
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.gate import gate_of
from tunedrop.evaluation.repeats import repeats_of
from tunedrop.evaluation.scoring.f1 import confusion, label_scores
from tunedrop.evaluation.scoring.kinds import Metric
from tunedrop.evaluation.scoring.labels import UNPARSED
from tunedrop.evaluation.scoring.likelihood import LikelihoodRow, read_likelihoods
from tunedrop.evaluation.scoring.metrics import METRICS
from tunedrop.evaluation.since import EarlierAnswers, since
from tunedrop.evaluation.slices import slices_of
from tunedrop.evaluation.speed import asking_of
from tunedrop.evaluation.statistics.comparing import row_scores
from tunedrop.evaluation.wording import headline, sentences
from tunedrop.recipe.schema import Recipe

SAMPLES = 4  # Rows drawn from the wins, the losses and the ties, for the reader of the report.
SAMPLE_CHARACTERS = 1_200  # Longer texts are cut.
SAMPLE_SEED = 17


def judge(  # noqa: PLR0913, PLR0917 - what an evaluation consists of
    dataset: Dataset,
    rows: Sequence[Row],
    answers: Answers,
    recipe: Recipe,
    train: Iterable[Row] = (),
    few_shot: FewShot | None = None,
    earlier: EarlierAnswers | None = None,
) -> Judgement:
    """Score both models, compare them row by row, and describe the result in words.

    One metric, chosen without looking at the answers (`evaluate.gate`), decides the verdict, so its
    p value needs no correction. The other metrics are for information, and no verdict depends on
    them; their p values are not corrected either. An unqualified "better" needs every baseline to
    be beaten too; such a joint condition needs no correction (intersection-union test).

    Args:
        dataset: dataset.json, for its labels and label counts.
        rows: the test rows.
        answers: of both models, in the order of the rows.
        recipe: its gate and generation settings.
        train: the training rows, for the baselines and to find leaked rows.
        few_shot: the base model's answers with training rows in its prompt, if it was asked.
        earlier: the answers of the tuned model of the run before, if there is one.

    Raises:
        EvaluationError: no rows.
        RecipeError: the gate's metric does not exist for the task.
    """
    if not rows:
        raise EvaluationError(
            "There is no test row to judge the models by.",
            "Drop more rows, or raise split.test in recipe.yaml.",
        )
    findings = find(dataset, rows, answers, recipe, list(train), few_shot)
    judgement = _judgement(findings)
    judgement.since = since(findings, earlier)
    return judgement


def _judgement(findings: EvaluationFindings) -> Judgement:
    """Return the findings as a document, with samples, sentences and warnings."""
    recipe, answers, task = findings.recipe, findings.answers, findings.dataset.task
    wins, losses, ties = _samples(findings)
    return Judgement(
        task=task,
        verdict=findings.verdict,
        passed_gate=findings.passed_gate,
        headline=headline(findings),
        sentences=sentences(findings),
        confidence=recipe.evaluate.gate.confidence,
        min_gain=recipe.evaluate.gate.min_gain,
        primary_metric=findings.metric.name,
        base=_scores(findings, findings.base, answers.base),
        tuned=_scores(findings, findings.tuned, answers.tuned),
        baselines=[
            Baseline(each.name, metric, compared.rival, each.kind)
            for each in findings.baselines
            for metric, compared in each.compared.items()
        ],
        comparisons=_comparisons(findings),
        wins=wins,
        losses=losses,
        ties=ties,
        confusion=confusion(_counts(findings, findings.tuned), list(findings.labels)),
        asking=asking_of(answers),
        metrics={name: _words(METRICS[name]) for name in findings.compared},
        example=_example(findings.rows, recipe),
        warnings=cautions(findings),
        gate=gate_of(findings),
        in_form=findings.where_in_form.comparison if findings.where_in_form else None,
        slices=slices_of(findings),
        repeats=repeats_of(findings),
    )


def _words(metric: Metric) -> MetricWords:
    return MetricWords(metric.title, metric.explains, metric.scale.name)


def _scores(
    findings: EvaluationFindings, labels_given: Sequence[str], answers: Sequence[Answer]
) -> Scores:
    metrics: dict[str, Estimate] = {
        name: each.tuned if labels_given is findings.tuned else each.rival
        for name, each in findings.compared.items()
    }
    return Scores(
        metrics=metrics,
        labels=label_scores(_counts(findings, labels_given), findings.labels),
        unparsed=labels_given.count(UNPARSED) if findings.task.form else 0,
        truncated=sum(answer.finish_reason == "length" for answer in answers),
    )


def _counts(findings: EvaluationFindings, labels_given: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(zip(findings.golds, labels_given, strict=True))


def _comparisons(findings: EvaluationFindings) -> list[Comparison]:
    """Return the deciding comparison, then the baselines, then the other metrics."""
    return [
        findings.decisive.comparison,
        *(findings.beside(each).comparison for each in findings.baselines),
        *(each.comparison for _, each in findings.other_metrics),
    ]


def _samples(findings: EvaluationFindings) -> tuple[list[Sample], list[Sample], list[Sample]]:
    base = row_scores(findings.metric, findings.base, findings.golds)
    tuned = row_scores(findings.metric, findings.tuned, findings.golds)
    gaps = [mine - other for other, mine in zip(base, tuned, strict=True)]
    return (
        _draw(findings.rows, findings.answers, gaps, lambda gap: gap > 0),
        _draw(findings.rows, findings.answers, gaps, lambda gap: gap < 0),
        _draw(findings.rows, findings.answers, gaps, lambda gap: gap == 0),
    )


def _draw(
    rows: Sequence[Row], answers: Answers, gaps: Sequence[float], wanted: Callable[[float], bool]
) -> list[Sample]:
    """Return up to `SAMPLES` rows whose gap (tuned minus base score) is `wanted`, in row order.

    They are drawn at random, so that they are not selected by their quality.
    """
    first: dict[int, int] = {}  # A row that was answered several times is shown once.
    for index, gap in enumerate(gaps):
        if wanted(gap):
            first.setdefault(rows[index].row, index)
    fitting = list(first.values())
    drawn = Random(SAMPLE_SEED).sample(fitting, min(SAMPLES, len(fitting)))  # noqa: S311 - no secret
    return [
        Sample(
            row=rows[index].row,
            prompt=cut(_question(rows[index].prompt), SAMPLE_CHARACTERS),
            expected=cut(rows[index].answer, SAMPLE_CHARACTERS),
            base=cut(shown_answer(answers.base[index], rows[index]), SAMPLE_CHARACTERS),
            tuned=cut(shown_answer(answers.tuned[index], rows[index]), SAMPLE_CHARACTERS),
        )
        for index in sorted(drawn)
    ]


def shown_answer(answer: Answer, row: Row) -> str:
    """Return an answer for the reader of the report: its text, or its likelihoods in words."""
    if isinstance(row, LikelihoodRow):
        return read_likelihoods(answer.text).in_words
    return answer.text


def _question(prompt: Sequence[Message]) -> str:
    """Return the messages without the system prompt, which is the same in every row."""
    turns = [turn for turn in prompt if turn.role != "system"]
    if len(turns) == 1:
        return turns[0].text
    return "\n\n".join(f"{turn.role}: {turn.text}" for turn in turns)


def _example(rows: Sequence[Row], recipe: Recipe) -> Example:
    """Return a request like those for the test rows, with their common system prompt."""
    systems = {turn.content for row in rows for turn in row.prompt if turn.role == "system"}
    everywhere = all(row.prompt[0].role == "system" for row in rows)
    shared = systems.pop() if everywhere and len(systems) == 1 else None
    return Example(
        messages=[
            *([Message("system", shared)] if shared else []),
            Message("user", "YOUR TEXT HERE"),
        ],
        max_tokens=recipe.generation.answer_tokens,
        temperature=recipe.generation.temperature,
    )
