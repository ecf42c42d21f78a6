"""Each task is judged by its own metrics, from the answers as its reader reads them."""

import json

import pytest

from tests.support.builders.evaluations import answers_of, dataset_of, rows_of
from tests.support.pipeline.preparation import prepare
from tunedrop.documents.dataset import Task
from tunedrop.documents.judgement import Judgement
from tunedrop.documents.rows import Row
from tunedrop.evaluation.judging import judge
from tunedrop.recipe.schema import Recipe

PEOPLE = [json.dumps({"name": f"name {n}", "age": n}) for n in range(40)]
TABLES = "CREATE TABLE t (a INTEGER, b INTEGER)"


def judged(task: Task, rows: list[Row], base: list[str], tuned: list[str]) -> Judgement:
    return judge(dataset_of(task), rows, answers_of(base, tuned), Recipe())


def values(judgement: Judgement) -> dict[str, tuple[float, float]]:
    """Return each metric's value of the base model and of the tuned model."""
    return {
        name: (round(judgement.base.metrics[name].value, 3), round(each.value, 3))
        for name, each in judgement.tuned.metrics.items()
    }


def test_extraction_is_judged_by_fields_form_and_parse_rate() -> None:
    # Given a base model that gives half of the fields, and no JSON for every fourth row
    base = [json.dumps({"name": f"name {n}"}) if n % 4 else "no idea" for n in range(40)]
    tuned = [f"```json\n{gold}\n```" for gold in PEOPLE]

    # When
    judgement = judged("extraction", rows_of(PEOPLE), base, tuned)

    # Then
    assert values(judgement) == {
        "field_f1": (0.5, 1.0),
        "exact_json": (0.0, 1.0),
        "schema_valid": (0.0, 1.0),
        "json_parsed": (0.75, 1.0),
    }
    assert judgement.primary_metric == "field_f1"
    assert judgement.base.unparsed == 10
    assert judgement.in_form is not None
    assert judgement.in_form.difference.n == 30


def test_right_answers_without_json_are_warned_of() -> None:
    # When
    judgement = judged("extraction", rows_of([*PEOPLE, "none"]), ["{}"] * 41, ["{}"] * 41)

    # Then
    assert "1 right answer contains no JSON" in " ".join(judgement.warnings)


def test_an_answer_without_json_is_warned_of() -> None:
    # When
    judgement = judged("extraction", rows_of(PEOPLE), PEOPLE, ["sorry"] * 40)

    # Then
    assert "100.0% of the tuned model's answers contain no JSON" in " ".join(judgement.warnings)


def test_several_labels_are_judged_by_f1_and_exact_sets() -> None:
    # Given
    golds = ["red, blue", "green"] * 20

    # When
    judgement = judged("multilabel", rows_of(golds), ["red"] * 40, ["Blue; RED", "green"] * 20)

    # Then: base has 20 hits of 40 given, of 60 right; red has F1 2/3, blue and green 0
    assert values(judgement) == {
        "micro_f1": (0.4, 1.0),
        "label_macro_f1": (0.222, 1.0),
        "exact_set": (0.0, 1.0),
    }
    assert judgement.verdict == "better"


def with_tables(golds: list[str], tables: str = TABLES) -> list[Row]:
    rows = rows_of(golds)
    for row in rows:
        row.prompt[-1].content += f" {tables}"
    return rows


def test_sql_is_judged_by_what_the_queries_return() -> None:
    # Given
    golds = [f"SELECT a FROM t WHERE b = {n}" for n in range(40)]  # noqa: S608 - a test
    tuned = [f"select t.a from t where {n} = t.b;" for n in range(40)]  # noqa: S608 - a test

    # When
    judgement = judged("sql", with_tables(golds), ["SELECT b FROM t"] * 40, tuned)

    # Then
    assert values(judgement) == {"execution_accuracy": (0.0, 1.0), "exact_query": (0.0, 0.0)}
    assert judgement.warnings == []


def test_right_queries_that_fail_are_warned_of() -> None:
    # When
    judgement = judged(
        "sql", rows_of(["SELECT a FROM t"] * 20), ["?"] * 20, ["select A from t"] * 20
    )

    # Then
    assert values(judgement)["execution_accuracy"] == (0.0, 1.0)
    assert "20 right queries fail on SQLite" in " ".join(judgement.warnings)


def test_text_has_rouge_l_and_chrf_beside_exact_match_and_token_f1() -> None:
    # When
    judgement = judged(
        "generation", rows_of(["the cat is on the mat"] * 20), ["?"] * 20, ["the cat"] * 20
    )

    # Then
    assert list(judgement.tuned.metrics) == ["exact_match", "token_f1", "rouge_l", "chrf"]
    assert judgement.tuned.metrics["rouge_l"].value == pytest.approx(0.5)
    told = " ".join(judgement.sentences)
    assert "ROUGE-L goes from" in told
    assert "chrF goes from" in told


@pytest.mark.parametrize("task", ["extraction", "multilabel", "sql"])
def test_a_task_of_the_recipe_is_the_task_of_the_dataset(task: str) -> None:
    # Given answers that would be labels without the recipe
    lines = "".join(f"question number {n},{'ab'[n % 2]}\n" for n in range(60))

    # When
    document, sink = prepare(f"prompt,completion\n{lines}", task=task)

    # Then
    assert document.task == task
    assert document.labels == []
    assert all(row.prompt[0].role == "user" for row in sink.rows("test"))
