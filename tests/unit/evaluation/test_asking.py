"""Both models are asked at the same time; one failed answer ends the whole evaluation."""

import threading
import time

import pytest

from tests.support.builders.evaluations import row, rows_of
from tunedrop.documents.answers import Answer
from tunedrop.documents.rows import Row
from tunedrop.errors import EvaluationError, HostingError
from tunedrop.evaluation.asking import Model, ask

ROWS = rows_of(["a", "b", "c", "d"])
LIMIT_SECONDS = 60  # The limit for an answer that never arrives.


def echo(model: Model, row: Row) -> Answer:
    return Answer(f"{model}: {row.prompt[-1].content}")


def test_answers_are_in_the_order_of_the_rows() -> None:
    # Given
    def later_rows_first(model: Model, row: Row) -> Answer:
        time.sleep(0.05 / int(row.prompt[-1].content.split()[-1]))
        return echo(model, row)

    # When
    answers = ask(ROWS, later_rows_first, concurrency=8)

    # Then
    assert [each.text for each in answers.base] == [f"base: question {n}" for n in (1, 2, 3, 4)]
    assert [each.text for each in answers.tuned] == [f"tuned: question {n}" for n in (1, 2, 3, 4)]


def test_each_row_is_sent_to_both_models_before_the_next() -> None:
    # Given
    asked: list[str] = []

    def note(model: Model, row: Row) -> Answer:
        asked.append(f"{model} {row.prompt[-1].content[-1]}")
        return Answer("")

    # When
    ask(ROWS[:2], note, concurrency=1)

    # Then
    assert asked == ["base 1", "tuned 1", "base 2", "tuned 2"]


def test_the_base_model_is_asked_with_examples_too_if_wanted() -> None:
    # When
    answers = ask(ROWS, echo, models=("base", "tuned", "few_shot"))

    # Then
    assert [each.text for each in answers.few_shot][:1] == ["few_shot: question 1"]
    assert len(answers.few_shot) == len(answers.base) == 4
    assert ask(ROWS, echo).few_shot == []


def test_long_prompts_are_asked_first() -> None:
    # Given rows of several lengths
    texts = ["a short one", "the longest question of them all", "one of some length"]
    rows = [row(number, text, "a") for number, text in enumerate(texts, start=1)]
    asked: list[str] = []

    def note(model: Model, row: Row) -> Answer:
        asked.append(row.prompt[-1].content)
        return echo(model, row)

    # When they are asked one after another
    answers = ask(rows, note, concurrency=1)

    # Then the longest goes first, and the answers stand in the order of the rows all the same
    assert asked[::2] == [texts[1], texts[2], texts[0]]
    assert [each.text for each in answers.base] == [f"base: {text}" for text in texts]


def test_as_many_requests_are_in_flight_as_the_concurrency_allows() -> None:
    # Given answers that arrive only when four requests are in flight
    together = threading.Barrier(4, timeout=LIMIT_SECONDS)

    def wait_for_the_others(model: Model, row: Row) -> Answer:
        together.wait()
        return echo(model, row)

    # When
    answers = ask(ROWS, wait_for_the_others, concurrency=4)

    # Then
    assert len(answers.base) == len(answers.tuned) == len(ROWS)


def test_progress_is_reported_after_each_answer() -> None:
    # Given
    reported: list[tuple[int, int]] = []

    # When
    ask(ROWS, echo, concurrency=2, progress=lambda done, total: reported.append((done, total)))

    # Then
    assert reported == [(n, 8) for n in range(1, 9)]


def test_a_lost_endpoint_raises_its_error_and_stops_the_asking() -> None:
    # Given
    asked: list[Row] = []
    ended = threading.Event()

    def gone(_model: Model, row: Row) -> Answer:
        asked.append(row)
        if len(asked) > 2:
            ended.wait(LIMIT_SECONDS)
        raise HostingError("The endpoint is gone.", "Drop the dataset again.")

    # When
    with pytest.raises(HostingError, match="gone"):
        ask(rows_of(["a"] * 200), gone, concurrency=2)

    # Then
    ended.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ask"):
            thread.join(LIMIT_SECONDS)

    assert len(asked) <= 4  # the first two, and those that were in flight


def test_an_unexpected_error_names_the_model_and_the_row() -> None:
    # Given
    def broken(model: Model, row: Row) -> Answer:
        if model == "tuned" and row.prompt[-1].content == "question 3":
            raise KeyError("choices")
        return echo(model, row)

    # Then
    with pytest.raises(EvaluationError, match=r"tuned model could not be asked row 3: KeyError"):
        ask(ROWS, broken, concurrency=1)


def test_a_failed_answer_ends_the_asking_while_another_one_hangs() -> None:
    # Given
    release, waited_long = threading.Event(), []

    def hang_or_fail(model: Model, _row: Row) -> Answer:
        if model == "base":
            waited_long.append(not release.wait(LIMIT_SECONDS))
            return Answer("")
        raise HostingError("The endpoint is gone.", "Drop the dataset again.")

    # When
    with pytest.raises(HostingError):
        ask(ROWS, hang_or_fail, concurrency=2)

    # Then
    ended_while_it_hung = waited_long == []
    release.set()
    assert ended_while_it_hung


def test_a_missed_deadline_is_an_error_with_the_number_of_rows_that_fit() -> None:
    # Given
    release = threading.Event()

    def only_the_first_two(_model: Model, row: Row) -> Answer:
        if row.prompt[-1].content not in ("question 1", "question 2"):
            release.wait(LIMIT_SECONDS)
        return Answer("")

    # When
    with pytest.raises(EvaluationError, match="Only 4 of 8 answers") as caught:
        ask(ROWS, only_the_first_two, concurrency=4, deadline_seconds=2)

    # Then
    release.set()
    assert "Lower rows.max_test to 1" in caught.value.remedy


def test_no_test_rows_is_an_error_with_a_remedy() -> None:
    # When
    with pytest.raises(EvaluationError) as caught:
        ask([], echo)

    # Then
    assert "split.test" in caught.value.remedy
