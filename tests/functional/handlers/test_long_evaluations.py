"""An evaluation longer than an invocation goes on; kills lose no answer and count none twice."""

import itertools
from collections import Counter
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.drives import deployed, report_failure
from tests.support.pipeline.fakes import FakeInference
from tests.support.pipeline.stack import Stack
from tunedrop.aws.clients import client
from tunedrop.documents.answers import AnswerPart
from tunedrop.documents.report import Report
from tunedrop.evaluation import asking
from tunedrop.lifecycle import answering

pytestmark = pytest.mark.usefixtures("base_model")

ROWS = 6  # Test rows of the tweets.
GOES_ON = "goes on in a fresh invocation"


class Killed(BaseException):
    """The function's process ends at this call, without a chance to clean up."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One request at a time, and a part for every few answers."""
    monkeypatch.setattr(answering, "CONCURRENCY", 1)
    monkeypatch.setattr(answering, "PART_SECONDS", 0.0)
    monkeypatch.setattr(asking, "NOTE_SECONDS", 0.15)


def saved(stack: Stack, folder: str) -> list[tuple[int, str]]:
    """Return (line, model) of every saved answer."""
    parts = [key for key in stack.keys(f"{folder}/answers/1/") if "continue" not in key]
    read = [msgspec.json.decode(stack.read(key), type=AnswerPart) for key in parts]
    return [(each.line, each.model) for part in read for each in part.answers]


def evaluate_to_the_end(stack: Stack, folder: str, name: str) -> list[str]:
    """Call evaluate as its events do; returns the outcome of each invocation."""
    event = stack.event("endpoint_in_service", endpoint=name)
    outcomes = []
    for number in itertools.count(1):
        outcomes.append(stack.call("evaluate", event, f"request-{number}")["outcome"])
        if outcomes[-1] != GOES_ON:
            return outcomes
        key = f"{folder}/answers/1/continue.json"
        stack.read(key)
        event = stack.event("s3_answers_unfinished", key=key)
    raise AssertionError("unreachable")


def report_of(stack: Stack, folder: str) -> Report:
    return msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)


def test_an_evaluation_longer_than_an_invocation_goes_on(stack: Stack, tweets: bytes) -> None:
    # Given invocations of a second, half of which sends requests
    folder, name = deployed(stack, tweets)
    stack.inference = FakeInference(seconds=0.1)
    stack.seconds_left = 1.0

    # When
    outcomes = evaluate_to_the_end(stack, folder, name)

    # Then no row was asked twice (base: without examples and with them), and each row counts once
    assert len(outcomes) >= 3
    assert outcomes == [*[GOES_ON] * (len(outcomes) - 1), "evaluated"]
    asked = Counter(stack.inference.asked)
    assert {count for (model, _), count in asked.items() if model == "tuned"} == {1}
    assert {count for (model, _), count in asked.items() if model == "base"} == {2}
    assert len(stack.inference.asked) == 3 * ROWS
    report = report_of(stack, folder)
    assert report.asking
    assert report.asking.answers == 3 * ROWS
    assert report.asking.seconds >= 1.2
    assert report.comparisons[0].difference.n == ROWS
    assert len(stack.emails) == 1


def test_a_function_killed_at_every_call_asks_no_saved_row_again(
    stack: Stack, tweets: bytes
) -> None:
    """Invocation n is killed at its nth call of S3, so that each call is the last one once."""
    # Given
    folder, name = deployed(stack, tweets)
    stack.inference = FakeInference(seconds=0.05)
    event = stack.event("endpoint_in_service", endpoint=name)
    calls_left = 0

    def kill(**_: Any) -> None:
        nonlocal calls_left
        calls_left -= 1
        if calls_left < 0:
            raise Killed

    # When
    kills = 0
    while stack.run(folder).status == "running":
        before = saved(stack, folder)
        asked_before = len(stack.inference.asked)
        calls_left = kills
        client("s3").meta.events.register("before-call.s3", kill)
        try:
            stack.call("evaluate", event)  # Lambda's retry has the same request id
        except Killed:
            kills += 1
        finally:
            client("s3").meta.events.unregister("before-call.s3", kill)

        # Then the next invocation asks only what was not saved
        asked_now = len(stack.inference.asked) - asked_before
        assert asked_now <= 3 * ROWS - len(before)
    stack.call("evaluate", event)

    # Then
    assert kills > 15
    assert sorted(set(saved(stack, folder))) == sorted(saved(stack, folder))
    assert len(saved(stack, folder)) == 3 * ROWS
    report = report_of(stack, folder)
    assert report.comparisons[0].difference.n == ROWS
    assert report.tuned.metrics["accuracy"].value == 1.0
    assert len(stack.emails) == 1


def test_a_second_event_for_the_same_answers_does_nothing(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    evaluate_to_the_end(stack, folder, name)
    asked = len(stack.inference.asked)

    # When
    event = stack.event("s3_answers_unfinished", key=f"{folder}/answers/1/continue.json")
    of_another_attempt = stack.event("s3_answers_unfinished", key=f"{folder}/answers/7/x.json")
    outcomes = [stack.call("evaluate", each)["outcome"] for each in (event, of_another_attempt)]

    # Then
    assert outcomes == ["settled", "ignored: not an endpoint of a run that counts"]
    assert len(stack.inference.asked) == asked
    assert len(stack.emails) == 1


def test_the_sweep_goes_on_when_the_event_was_lost(stack: Stack, tweets: bytes) -> None:
    # Given an invocation whose time was over, and no event
    folder, name = deployed(stack, tweets)
    stack.inference = FakeInference(seconds=0.1)
    stack.seconds_left = 1.0
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    assert stack.run(folder).lease is None

    # When
    stack.seconds_left = 900.0
    stack.call("sweep", stack.event("schedule"))
    function, event = stack.sent[0]
    outcome = stack.call(function, event, "request-2")["outcome"]

    # Then
    assert outcome == "evaluated"
    assert len(stack.inference.asked) == 3 * ROWS


def test_an_invocation_without_any_answer_ends_the_run(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    stack.inference = FakeInference(seconds=30.0)
    stack.seconds_left = 0.5

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    report_failure(stack, folder)

    # Then
    error = stack.run(folder).error
    assert error
    assert "No answer came" in error.message
    assert "generation.max_tokens" in error.remedy
    assert len(stack.emails) == 1


def test_an_evaluation_that_would_take_too_long_names_the_rows_that_fit(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an hour's limit of half a second
    folder, name = deployed(stack, tweets)
    monkeypatch.setattr(answering, "MAX_HOURS", 0.5 / 3600)
    stack.inference = FakeInference(seconds=0.1)
    stack.seconds_left = 1.0

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    error = stack.run(folder).error
    assert error
    assert "answers came in" in error.message
    assert "Lower rows.max_test to 2" in error.remedy or "Lower rows.max_test to 1" in error.remedy
