"""Latency, tokens a second, endings and cost of each model's answers."""

from random import Random

import pytest

from tunedrop.documents.answers import Answer, Answers
from tunedrop.evaluation.speed import asking_of, quantile


def answer(seconds: float, reason: str = "stop", tokens: int = 10) -> Answer:
    return Answer("a", reason, prompt_tokens=5, completion_tokens=tokens, seconds=seconds)


def test_each_model_has_its_own_latency_and_endings() -> None:
    # Given a base model that is slow and is cut, and a tuned one
    base = [answer(float(n), "length" if n > 15 else "stop") for n in range(1, 21)]
    tuned = [answer(0.5) for _ in range(19)] + [answer(8.0, "stop")]

    # When
    asking = asking_of(Answers(base, tuned, seconds=60.0))

    # Then
    slow, fast = asking.models["base"], asking.models["tuned"]
    assert (slow.median_seconds, slow.p95_seconds) == (10.0, 19.0)
    assert (fast.median_seconds, fast.p95_seconds) == (0.5, 0.5)
    assert (slow.answers, slow.stopped, slow.truncated) == (20, 15, 5)
    assert (fast.stopped, fast.truncated) == (20, 0)
    assert slow.tokens_a_second == pytest.approx(200 / 210, abs=0.05)
    assert fast.tokens_a_second == pytest.approx(200 / 17.5, abs=0.05)


def test_the_cost_is_shared_by_the_time_of_the_answers() -> None:
    # Given an hour in which one model took three times as long as the other
    base, tuned = [answer(3.0)] * 100, [answer(1.0)] * 100
    asking = asking_of(Answers(base, tuned, seconds=3600.0))

    # Then without a price there is no cost
    assert asking.usd_a_thousand("base") is None

    # When
    asking.hourly_usd = 2.0

    # Then the whole hour is paid for
    assert asking.usd_a_thousand("base") == pytest.approx(15.0)
    assert asking.usd_a_thousand("tuned") == pytest.approx(5.0)


def test_answers_without_any_time_have_no_speed() -> None:
    # When
    asking = asking_of(Answers([answer(0.0)], [answer(0.0)]))

    # Then
    assert asking.models["tuned"].tokens_a_second is None
    assert asking.models["tuned"].share_of_time == 0.5


def test_a_quantile_is_the_value_that_a_share_does_not_exceed() -> None:
    # Given
    chance = Random(1)  # noqa: S311 - the same values on every run
    for count in (1, 2, 3, 19, 20, 21, 100):
        values = sorted(chance.random() for _ in range(count))
        for share in (0.05, 0.5, 0.95, 1.0):
            # When
            found = quantile(values, share)

            # Then
            assert sum(value <= found for value in values) >= share * count
            assert sum(value < found for value in values) < share * count
