"""How each task is judged: how its answers are read, and by which metrics. A new task goes here.

TASKS["classification"]  the label in the answer; accuracy, macro-F1
TASKS["generation"]      the text as it is; exact match, token F1, ROUGE-L, chrF; for tool calls
                         also whether name, arguments and both are right
TASKS["extraction"]      the JSON in the answer; field F1, exact JSON, schema-valid and parse rate
TASKS["multilabel"]      the labels in the answer; micro-F1, macro-F1, exact set
TASKS["sql"]             the query in the answer, and its results; execution accuracy, exact query

These are judged by the likelihoods that both models give to texts; nothing is generated:

TASKS["preference"]      a better and a worse answer; likelihood margin, better answer preferred
TASKS["kto"]             an answer judged good or bad; likelihood margin
TASKS["pretraining"]     running text; perplexity
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tunedrop.documents.answers import Answer
from tunedrop.documents.dataset import Task
from tunedrop.documents.rows import Row
from tunedrop.errors import RecipeError
from tunedrop.evaluation.scoring import likelihood_metrics, metrics
from tunedrop.evaluation.scoring.kinds import Metric
from tunedrop.evaluation.scoring.labels import label_reader
from tunedrop.evaluation.scoring.likelihood import judgement_weights, token_weights
from tunedrop.evaluation.scoring.sql import sql_reader
from tunedrop.evaluation.scoring.structured import labels_reader, read_json
from tunedrop.evaluation.scoring.text import tokens
from tunedrop.evaluation.scoring.tool_calls import are_calls
from tunedrop.recipe.schema import Evaluate, Gate

SHORT_ANSWER = 5  # Words. Exact match was designed for SQuAD, whose answers have 3 on average.


ReadAll = Callable[[Sequence[str]], list[str]]
"""Reads one answer to each row, in their order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedTask:
    """What is needed to judge a task."""

    metrics: tuple[Metric, ...]
    """Those that apply to the right answers are reported, and the one that decides."""
    auto: Callable[[Sequence[str]], Metric]
    """The metric that decides under `gate.metric: auto`, chosen by the right answers alone."""
    reader: Callable[[Sequence[str], Sequence[Row]], ReadAll]
    """From the labels and the rows to a function that reads one answer to each row."""
    has_labels: bool = False
    form: str = ""
    """What an answer must have to be readable, in words; empty when every answer is."""
    weights: Callable[[Sequence[Row], Sequence[Answer]], list[str]] | None = None
    """For a task that is judged by likelihood: from the rows and the base model's answers to the
    weights of the rows, which take the place of the right answers."""


def _each(read: Callable[[str], str]) -> ReadAll:
    """Return a function that reads each answer by itself."""
    return lambda answers: [read(answer) for answer in answers]


def _of_texts(golds: Sequence[str]) -> Metric:
    """Calls and short answers are right or wrong; longer ones are compared by their words."""
    if are_calls(golds):
        return metrics.TOOL_CALL
    short = median(len(tokens(gold)) for gold in golds) <= SHORT_ANSWER
    return metrics.EXACT_MATCH if short else metrics.TOKEN_F1


TASKS: dict[Task, JudgedTask] = {
    "classification": JudgedTask(
        metrics=(metrics.ACCURACY, metrics.MACRO_F1),
        auto=lambda _golds: metrics.ACCURACY,
        reader=lambda labels, _rows: _each(label_reader(labels)),
        has_labels=True,
        form="one clear label",
    ),
    "generation": JudgedTask(
        metrics=(
            metrics.EXACT_MATCH,
            metrics.TOKEN_F1,
            metrics.ROUGE_L,
            metrics.CHRF,
            metrics.TOOL_CALL,
            metrics.TOOL_NAME,
            metrics.TOOL_ARGUMENTS,
        ),
        auto=_of_texts,
        reader=lambda _labels, _rows: _each(str.strip),
    ),
    "extraction": JudgedTask(
        metrics=(
            metrics.FIELD_F1,
            metrics.EXACT_JSON,
            metrics.SCHEMA_VALID,
            metrics.JSON_PARSED,
        ),
        auto=lambda _golds: metrics.FIELD_F1,
        reader=lambda _labels, _rows: _each(read_json),
        form="JSON",
    ),
    "multilabel": JudgedTask(
        metrics=(metrics.MICRO_F1, metrics.LABEL_MACRO_F1, metrics.EXACT_SET),
        auto=lambda _golds: metrics.MICRO_F1,
        reader=lambda _labels, rows: _each(labels_reader(row.answer for row in rows)),
    ),
    "sql": JudgedTask(
        metrics=(metrics.EXECUTION_ACCURACY, metrics.EXACT_QUERY),
        auto=lambda _golds: metrics.EXECUTION_ACCURACY,
        reader=lambda _labels, rows: sql_reader(rows),
    ),
}


def _no_reading(_labels: Sequence[str], _rows: Sequence[Row]) -> ReadAll:
    """Likelihoods are scored as they are."""
    return list


LIKELIHOODS: dict[Task, JudgedTask] = {
    "preference": JudgedTask(
        metrics=(likelihood_metrics.LIKELIHOOD_MARGIN, likelihood_metrics.PREFERRED),
        auto=lambda _golds: likelihood_metrics.LIKELIHOOD_MARGIN,
        reader=_no_reading,
        weights=lambda rows, _answers: ["1"] * len(rows),
    ),
    "kto": JudgedTask(
        metrics=(likelihood_metrics.JUDGED_MARGIN,),
        auto=lambda _golds: likelihood_metrics.JUDGED_MARGIN,
        reader=_no_reading,
        weights=judgement_weights,
    ),
    "pretraining": JudgedTask(
        metrics=(likelihood_metrics.PERPLEXITY_METRIC,),
        auto=lambda _golds: likelihood_metrics.PERPLEXITY_METRIC,
        reader=_no_reading,
        weights=token_weights,
    ),
}
TASKS |= LIKELIHOODS


def check_gate(task: Task, gate: Gate) -> None:
    """Refuse a gate metric that the task does not have, before the training costs money.

    Raises:
        RecipeError: names the metrics that the task has.
    """
    known = [metric.name for metric in TASKS[task].metrics]
    if gate.metric not in ("auto", *known):
        raise RecipeError(
            f"recipe.yaml: evaluate.gate.metric: {gate.metric} does not exist for {task}.",
            f"Choose one of auto, {', '.join(known)}, and drop the recipe again.",
        )


def check_evaluation(task: Task, chosen: Evaluate) -> None:
    """Refuse what the recipe wants of the evaluation and the task does not have.

    Raises:
        RecipeError: the gate's metric does not exist, or nothing is answered that can be repeated.
    """
    check_gate(task, chosen.gate)
    if chosen.repeats > 1 and TASKS[task].weights is not None:
        raise RecipeError(
            f"recipe.yaml: evaluate.repeats: the models answer nothing for {task}; likelihoods are "
            "the same each time.",
            "Take evaluate.repeats out, and drop the recipe again.",
        )


def reported_metrics(task: Task, gate: Gate, golds: Sequence[str]) -> list[Metric]:
    """Return the metrics of the task that say something about these right answers."""
    decides = deciding_metric(task, gate, golds)
    return [each for each in TASKS[task].metrics if each is decides or each.applies(golds)]


def deciding_metric(task: Task, gate: Gate, golds: Sequence[str]) -> Metric:
    """Return the metric that decides the verdict.

    Raises:
        RecipeError: the task has no such metric.
    """
    check_gate(task, gate)
    if gate.metric == "auto":
        return TASKS[task].auto(golds)
    return next(metric for metric in TASKS[task].metrics if metric.name == gate.metric)
