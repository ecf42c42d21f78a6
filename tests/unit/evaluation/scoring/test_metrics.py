"""The registry of metrics and tasks, and the F1 of labels."""

from collections import Counter
from typing import get_args

import pytest

from tunedrop.documents.dataset import TECHNIQUES
from tunedrop.documents.judgement import LabelScore
from tunedrop.errors import RecipeError
from tunedrop.evaluation.scoring.f1 import confusion, label_scores, macro_f1
from tunedrop.evaluation.scoring.metrics import METRICS
from tunedrop.evaluation.scoring.tasks import (
    TASKS,
    check_evaluation,
    check_gate,
    deciding_metric,
    reported_metrics,
)
from tunedrop.recipe.schema import Evaluate, Gate, Metric

# (gold, answer): 4 negative of which 3 found, 2 neutral of which 1 found, 1 positive unparsed
COUNTS = Counter(
    {
        ("negative", "negative"): 3,
        ("negative", "neutral"): 1,
        ("neutral", "neutral"): 1,
        ("neutral", "negative"): 1,
        ("positive", ""): 1,
    }
)


def test_every_task_is_judged_and_every_metric_belongs_to_a_task() -> None:
    assert set(TASKS) == set(TECHNIQUES)
    assert {metric.name for task in TASKS.values() for metric in task.metrics} == set(METRICS)


def test_the_recipe_accepts_exactly_the_metrics_of_the_registry() -> None:
    assert {"auto", *METRICS} == set(get_args(Metric))


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_every_metric_has_an_explanation_and_a_phrase(metric: object) -> None:
    assert getattr(metric, "explains", "").endswith(".")
    assert getattr(metric, "phrase", "").count("{}") == 1


def test_the_scores_of_labels_are_those_of_sklearn() -> None:
    """As sklearn 1.7 `precision_recall_fscore_support(..., zero_division=0)` has them."""
    # When
    scores = label_scores(COUNTS, ["negative", "neutral", "positive"])

    # Then
    assert scores["negative"] == LabelScore(rows=4, precision=0.75, recall=0.75, f1=0.75)
    assert scores["neutral"] == LabelScore(rows=2, precision=0.5, recall=0.5, f1=0.5)
    assert scores["positive"] == LabelScore(rows=1, precision=0.0, recall=0.0, f1=0.0)


def test_macro_f1_gives_labels_equal_weight_and_ignores_unparsed_answers() -> None:
    assert macro_f1(COUNTS) == pytest.approx((0.75 + 0.5 + 0.0) / 3)
    assert macro_f1(Counter()) == 0.0


def test_the_confusion_matrix_has_an_unparsed_column_and_at_most_12_labels() -> None:
    # When
    found = confusion(COUNTS, ["negative", "neutral", "positive"])

    # Then
    assert found is not None
    assert found.counts == [[3, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1]]
    assert confusion(COUNTS, [str(n) for n in range(13)]) is None


def test_the_length_of_the_right_answers_decides_the_metric() -> None:
    assert deciding_metric("generation", Gate(), ["Paris", "in 1889"]).name == "exact_match"
    assert deciding_metric("generation", Gate(), ["one two three four five six"]).name == "token_f1"
    assert deciding_metric("classification", Gate(), ["spam"]).name == "accuracy"
    assert deciding_metric("generation", Gate(metric="token_f1"), ["Paris"]).name == "token_f1"


def test_calls_are_judged_as_calls_and_texts_are_not() -> None:
    # Given right answers that are calls, and others
    call = '{"name": "find_order", "arguments": {"id": 7}}'

    # Then the metrics of calls are reported for the first alone, unless the recipe names one
    assert deciding_metric("generation", Gate(), [call, call]).name == "tool_call"
    for_calls = {each.name for each in reported_metrics("generation", Gate(), [call, call])}
    for_texts = {each.name for each in reported_metrics("generation", Gate(), ["Paris"])}
    assert for_calls - for_texts == {"tool_call", "tool_name", "tool_arguments"}
    named = reported_metrics("generation", Gate(metric="tool_name"), ["Paris"])
    assert "tool_name" in {each.name for each in named}


def test_a_gate_metric_of_another_task_is_refused_with_the_valid_ones() -> None:
    # When
    with pytest.raises(RecipeError, match="macro_f1 does not exist for generation") as caught:
        check_gate("generation", Gate(metric="macro_f1"))

    # Then
    assert "auto, exact_match, token_f1" in caught.value.remedy


def test_repeats_are_refused_where_nothing_is_answered() -> None:
    # When
    with pytest.raises(RecipeError, match=r"evaluate\.repeats: .* for preference") as caught:
        check_evaluation("preference", Evaluate(repeats=3))

    # Then
    assert "Take evaluate.repeats out" in caught.value.remedy
    check_evaluation("preference", Evaluate())
    check_evaluation("generation", Evaluate(repeats=3))
