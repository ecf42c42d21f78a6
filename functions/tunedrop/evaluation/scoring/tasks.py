"""How each task is judged: how its answers are read, and by which metrics. A new task goes here.

TASKS["classification"]  labels read from the answer; accuracy, macro-F1
TASKS["generation"]      the text as it is, tool calls as JSON; exact match, token F1
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tunedrop.documents.dataset import Task
from tunedrop.errors import RecipeError
from tunedrop.evaluation.scoring.labels import label_reader
from tunedrop.evaluation.scoring.metrics import ACCURACY, EXACT_MATCH, MACRO_F1, TOKEN_F1, Metric
from tunedrop.evaluation.scoring.text import tokens
from tunedrop.recipe.schema import Gate

SHORT_ANSWER = 5  # Words. Exact match was designed for SQuAD, whose answers have 3 on average.


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedTask:
    """What is needed to judge a task."""

    metrics: tuple[Metric, ...]
    """All of them are reported. The recipe's gate names the one that decides."""
    auto: Callable[[Sequence[str]], Metric]
    """The metric that decides under `gate.metric: auto`, chosen by the right answers alone."""
    reader: Callable[[Sequence[str]], Callable[[str], str]]
    """From the labels to a function that reads an answer."""
    has_labels: bool


def _by_length(golds: Sequence[str]) -> Metric:
    """Short answers are right or wrong; longer ones are compared by their words."""
    return EXACT_MATCH if median(len(tokens(gold)) for gold in golds) <= SHORT_ANSWER else TOKEN_F1


TASKS: dict[Task, JudgedTask] = {
    "classification": JudgedTask(
        metrics=(ACCURACY, MACRO_F1),
        auto=lambda _golds: ACCURACY,
        reader=label_reader,
        has_labels=True,
    ),
    "generation": JudgedTask(
        metrics=(EXACT_MATCH, TOKEN_F1),
        auto=_by_length,
        reader=lambda _labels: str.strip,
        has_labels=False,
    ),
}


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


def deciding_metric(task: Task, gate: Gate, golds: Sequence[str]) -> Metric:
    """Return the metric that decides the verdict.

    Raises:
        RecipeError: the task has no such metric.
    """
    check_gate(task, gate)
    if gate.metric == "auto":
        return TASKS[task].auto(golds)
    return next(metric for metric in TASKS[task].metrics if metric.name == gate.metric)
