"""Both models are asked at the same time; every row is answered once, or the asking ends."""

import asyncio
import time
from collections import Counter

import pytest

from tests.support.builders.evaluations import row, rows_of
from tunedrop.documents.answers import Answer, Question
from tunedrop.documents.rows import Row
from tunedrop.errors import EvaluationError, HostingError
from tunedrop.evaluation import asking, pacing
from tunedrop.evaluation.asking import Asked, AskingLimits, AskOne, Found, Note, ask
from tunedrop.ports.services import BusyError

ROWS = rows_of(["a", "b", "c", "d"])
GONE = HostingError("The endpoint is gone.", "Drop the dataset again.")
THROTTLED = BusyError("throttled", GONE)


def asked(
    rows: list[Row],
    ask_one: AskOne,
    *,
    concurrency: int = 8,
    known: Asked | None = None,
    note: Note = lambda _new, _done, _total: None,
) -> Asked:
    limits = AskingLimits(concurrency=concurrency)
    return asyncio.run(ask(rows, ask_one, known=known, limits=limits, note=note))


async def echo(model: str, row: Row) -> Answer:
    return Answer(f"{model}: {row.prompt[-1].content}")


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_PAUSE", 0.0)


def test_answers_are_in_the_order_of_the_rows() -> None:
    # Given
    async def later_rows_first(model: str, row: Row) -> Answer:
        await asyncio.sleep(0.05 / int(row.prompt[-1].content.split()[-1]))
        return await echo(model, row)

    # When
    answers = asked(ROWS, later_rows_first).answers()

    # Then
    assert [each.text for each in answers.base] == [f"base: question {n}" for n in (1, 2, 3, 4)]
    assert [each.text for each in answers.tuned] == [f"tuned: question {n}" for n in (1, 2, 3, 4)]


def test_each_row_is_sent_to_both_models_before_the_next() -> None:
    # Given
    sent: list[str] = []

    async def note(model: str, row: Row) -> Answer:
        sent.append(f"{model} {row.prompt[-1].content[-1]}")
        return Answer("")

    # When
    asked(ROWS[:2], note, concurrency=1)

    # Then
    assert sent == ["base 1", "tuned 1", "base 2", "tuned 2"]


def test_the_base_model_is_asked_with_examples_too_if_wanted() -> None:
    # Given
    nothing_yet = Asked({}, len(ROWS), models=("base", "tuned", "few_shot"))

    # When
    answers = asked(ROWS, echo, known=nothing_yet).answers()

    # Then
    assert [each.text for each in answers.few_shot][:1] == ["few_shot: question 1"]
    assert len(answers.few_shot) == len(answers.base) == 4
    assert asked(ROWS, echo).answers().few_shot == []


def test_long_prompts_are_asked_first() -> None:
    # Given rows of several lengths
    texts = ["a short one", "the longest question of them all", "one of some length"]
    rows = [row(number, text, "a") for number, text in enumerate(texts, start=1)]
    sent: list[str] = []

    async def note(model: str, row: Row) -> Answer:
        sent.append(row.prompt[-1].content)
        return await echo(model, row)

    # When they are asked one after another
    answers = asked(rows, note, concurrency=1).answers()

    # Then the longest goes first, and the answers stand in the order of the rows all the same
    assert sent[::2] == [texts[1], texts[2], texts[0]]
    assert [each.text for each in answers.base] == [f"base: {text}" for text in texts]


def test_as_many_requests_are_in_flight_as_the_concurrency_allows() -> None:
    # Given
    under_way, most = 0, 0

    async def count(model: str, row: Row) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return await echo(model, row)

    # When
    asked(rows_of(["a"] * 50), count, concurrency=16)

    # Then
    assert most == 16


def test_a_busy_endpoint_answers_every_row_once_with_fewer_requests(no_pauses: None) -> None:
    # Given an endpoint that throttles beyond four requests, and fails once at every seventh row
    del no_pauses
    under_way, calls, answered = 0, 0, Counter[tuple[str, int]]()
    failed: set[tuple[str, int]] = set()

    async def small(model: str, row: Row) -> Answer:
        nonlocal under_way, calls
        under_way += 1
        calls += 1
        try:
            await asyncio.sleep(0.001)
            if under_way > 4:
                raise THROTTLED
            if row.row % 7 == 0 and (model, row.row) not in failed:
                failed.add((model, row.row))
                raise BusyError("timeout" if row.row % 14 else "unavailable", GONE)
        finally:
            under_way -= 1
        answered[model, row.row] += 1
        return await echo(model, row)

    # When
    rows = rows_of(["a"] * 100)
    answers = asked(rows, small, concurrency=32).answers()

    # Then
    assert [each.text for each in answers.tuned] == [f"tuned: question {n + 1}" for n in range(100)]
    assert answered == {(model, n + 1): 1 for model in ("base", "tuned") for n in range(100)}
    assert len(failed) == 2 * (100 // 7)
    assert calls < 1_000  # about five times as many without a limit that adapts


def test_an_endpoint_that_stays_busy_ends_the_asking(
    no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    del no_pauses
    monkeypatch.setattr(pacing, "PATIENCE_SECONDS", 0.05)

    async def busy(_model: str, _row: Row) -> Answer:
        await asyncio.sleep(0.001)
        raise THROTTLED

    # Then
    with pytest.raises(HostingError, match="gone"):
        asked(ROWS, busy)


def test_one_row_that_always_fails_ends_the_asking(no_pauses: None) -> None:
    # Given
    del no_pauses
    tries = 0

    async def fails_at_three(model: str, row: Row) -> Answer:
        nonlocal tries
        if row.row == 3 and model == "tuned":
            tries += 1
            raise BusyError("unavailable", GONE)
        return await echo(model, row)

    # Then
    with pytest.raises(HostingError):
        asked(ROWS, fails_at_three)
    assert tries == pacing.MAX_FAILURES


def test_what_earlier_invocations_obtained_is_not_asked_again() -> None:
    # Given
    known: Found = {Question(0, "base"): Answer("old"), Question(2, "tuned"): Answer("older")}
    sent: list[tuple[str, int]] = []

    async def note(model: str, row: Row) -> Answer:
        sent.append((model, row.row))
        return await echo(model, row)

    # When
    after = asked(ROWS, note, known=Asked(known, len(ROWS), 90.0))

    # Then
    answers = after.answers()
    assert (answers.base[0].text, answers.tuned[2].text) == ("old", "older")
    assert len(sent) == len(set(sent)) == 6
    assert after.seconds > 90.0


def test_a_third_model_is_asked_beside_the_others() -> None:
    # When
    models = ("base", "tuned", "few_shot")
    after = asked(ROWS, echo, known=Asked({}, len(ROWS), models=models))

    # Then
    assert after.is_complete
    assert [each.text for each in after.of("few_shot")][:1] == ["few_shot: question 1"]


def test_nothing_is_sent_after_the_time_and_answers_under_way_count() -> None:
    # Given
    limits = AskingLimits(concurrency=2, sending_seconds=0.2, waiting_seconds=5.0)
    sent = 0

    async def slow(model: str, row: Row) -> Answer:
        nonlocal sent
        sent += 1
        await asyncio.sleep(0.15)
        return await echo(model, row)

    # When
    after = asyncio.run(ask(rows_of(["a"] * 50), slow, limits=limits))

    # Then
    assert sent == 4
    assert len(after.found) == 4
    assert not after.is_complete


def test_an_answer_that_does_not_come_in_time_is_given_up() -> None:
    # Given
    limits = AskingLimits(concurrency=4, sending_seconds=0.1, waiting_seconds=0.3)

    async def half_hangs(model: str, row: Row) -> Answer:
        if model == "tuned":
            await asyncio.sleep(60)
        return await echo(model, row)

    # When
    began = time.monotonic()
    after = asyncio.run(ask(ROWS, half_hangs, limits=limits))

    # Then
    assert {each.model for each in after.found} == {"base"}
    assert time.monotonic() - began < 30


def test_each_answer_is_noted_once_with_the_number_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(asking, "NOTE_SECONDS", 0.01)
    noted: list[Question] = []
    counts: list[tuple[int, int]] = []

    def note(new: Found, done: int, total: int) -> None:
        noted.extend(new)
        counts.append((done, total))

    async def slow(model: str, row: Row) -> Answer:
        await asyncio.sleep(0.03)
        return await echo(model, row)

    # When
    after = asked(ROWS, slow, concurrency=2, note=note)

    # Then
    assert sorted(noted) == sorted(after.found)
    assert counts[-1] == (8, 8)
    assert len(counts) > 3


def test_an_error_of_the_note_ends_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(asking, "NOTE_SECONDS", 0.01)

    def note(_new: Found, _done: int, _total: int) -> None:
        raise LookupError("superseded")

    async def hang(_model: str, _row: Row) -> Answer:
        await asyncio.sleep(60)
        raise AssertionError

    # Then
    with pytest.raises(LookupError):
        asked(ROWS, hang, note=note)


def test_a_lost_endpoint_raises_its_error_and_stops_the_asking() -> None:
    # Given
    sent: list[Row] = []

    async def gone(model: str, row: Row) -> Answer:
        sent.append(row)
        if model == "base":
            await asyncio.sleep(60)
        raise GONE

    # When
    with pytest.raises(HostingError, match="gone"):
        asked(rows_of(["a"] * 200), gone, concurrency=2)

    # Then
    assert len(sent) == 2


def test_an_unexpected_error_names_the_model_and_the_row() -> None:
    # Given
    async def broken(model: str, row: Row) -> Answer:
        if model == "tuned" and row.prompt[-1].content == "question 3":
            raise KeyError("choices")
        return await echo(model, row)

    # Then
    with pytest.raises(EvaluationError, match=r"tuned model could not be asked row 3: KeyError"):
        asked(ROWS, broken, concurrency=1)


def test_no_test_rows_is_an_error_with_a_remedy() -> None:
    # When
    with pytest.raises(EvaluationError) as caught:
        asked([], echo)

    # Then
    assert "split.test" in caught.value.remedy


def test_answers_of_other_models_do_not_make_it_complete() -> None:
    # Given four answers, as many as two rows and two models have, but one of another model
    models = ("base", "base", "tuned", "few_shot")
    found: Found = {Question(at % 2, model): Answer("a") for at, model in enumerate(models)}

    # When / Then
    assert not Asked(found, 2).is_complete
