"""Both models are asked side by side; one lost answer ends the whole at once."""

import threading
import time

import pytest

from tests.support.builders.evaluations import rows_of
from tunedrop.documents.answers import Answer
from tunedrop.documents.rows import Row
from tunedrop.errors import EvaluationError, HostingError
from tunedrop.evaluation.asking import Model, ask

ROWS = rows_of(["a", "b", "c", "d"])
LIMIT_SECONDS = 60  # for what never comes


def echo(model: Model, row: Row) -> Answer:
    return Answer(f"{model}: {row.prompt[-1].content}")


def test_answers_stand_in_the_order_of_the_rows_however_they_arrive() -> None:
    def later_rows_first(model: Model, row: Row) -> Answer:
        time.sleep(0.05 / int(row.prompt[-1].content.split()[-1]))
        return echo(model, row)

    answers = ask(ROWS, later_rows_first, concurrency=8)

    assert [each.text for each in answers.base] == [f"base: question {n}" for n in (1, 2, 3, 4)]
    assert [each.text for each in answers.tuned] == [f"tuned: question {n}" for n in (1, 2, 3, 4)]


def test_each_row_goes_to_both_models_before_the_next() -> None:
    asked: list[str] = []

    def note(model: Model, row: Row) -> Answer:
        asked.append(f"{model} {row.prompt[-1].content[-1]}")
        return Answer("")

    ask(ROWS[:2], note, concurrency=1)

    assert asked == ["base 1", "tuned 1", "base 2", "tuned 2"]


def test_given_a_concurrency_when_asked_then_so_many_requests_are_in_flight() -> None:
    together = threading.Barrier(4, timeout=LIMIT_SECONDS)

    def wait_for_the_others(model: Model, row: Row) -> Answer:
        together.wait()
        return echo(model, row)

    ask(ROWS, wait_for_the_others, concurrency=4)


def test_progress_is_told_after_each_answer() -> None:
    told: list[tuple[int, int]] = []
    ask(ROWS, echo, concurrency=2, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 8) for n in range(1, 9)]


def test_given_the_endpoint_is_gone_then_its_error_comes_through_and_the_rest_is_not_asked() -> (
    None
):
    asked: list[Row] = []
    ended = threading.Event()

    def gone(_model: Model, row: Row) -> Answer:
        asked.append(row)
        if len(asked) > 2:
            ended.wait(LIMIT_SECONDS)
        raise HostingError("The endpoint is gone.", "Drop the dataset again.")

    with pytest.raises(HostingError, match="gone"):
        ask(rows_of(["a"] * 200), gone, concurrency=2)
    ended.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ask"):
            thread.join(LIMIT_SECONDS)

    assert len(asked) <= 4  # the first two, and what was in flight


def test_given_an_unforeseen_error_then_it_names_model_and_row() -> None:
    def broken(model: Model, row: Row) -> Answer:
        if model == "tuned" and row.prompt[-1].content == "question 3":
            raise KeyError("choices")
        return echo(model, row)

    with pytest.raises(EvaluationError, match=r"tuned model could not be asked row 3: KeyError"):
        ask(ROWS, broken, concurrency=1)


def test_given_one_answer_hangs_when_another_fails_then_the_end_does_not_wait() -> None:
    release, waited_long = threading.Event(), []

    def hang_or_fail(model: Model, _row: Row) -> Answer:
        if model == "base":
            waited_long.append(not release.wait(LIMIT_SECONDS))
            return Answer("")
        raise HostingError("The endpoint is gone.", "Drop the dataset again.")

    with pytest.raises(HostingError):
        ask(ROWS, hang_or_fail, concurrency=2)
    ended_while_it_hung = waited_long == []
    release.set()
    assert ended_while_it_hung


def test_given_a_deadline_when_it_passes_then_it_says_how_far_it_came_and_what_fits() -> None:
    release = threading.Event()

    def only_the_first_two(_model: Model, row: Row) -> Answer:
        if row.prompt[-1].content not in ("question 1", "question 2"):
            release.wait(LIMIT_SECONDS)
        return Answer("")

    with pytest.raises(EvaluationError, match="Only 4 of 8 answers") as caught:
        ask(ROWS, only_the_first_two, concurrency=4, deadline_seconds=2)
    release.set()
    assert "Lower rows.max_test to 1" in caught.value.remedy


def test_given_no_rows_then_it_says_what_to_do() -> None:
    with pytest.raises(EvaluationError) as caught:
        ask([], echo)
    assert "split.test" in caught.value.remedy
