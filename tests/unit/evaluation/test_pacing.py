"""The number of requests follows what the endpoint bears; retries pause and end."""

import asyncio
from collections import Counter
from random import Random

import pytest

from tunedrop.errors import HostingError
from tunedrop.evaluation.pacing import (
    LONGEST_PAUSE,
    MAX_FAILURES,
    MAX_TIMEOUTS,
    PATIENCE_SECONDS,
    SLOW_SECONDS,
    Pace,
    Patience,
)
from tunedrop.ports.services import BusyError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def enter(pace: Pace, times: int = 1) -> float:
    async def all_of_them() -> float:
        return max([await pace.enter() for _ in range(times)])

    return asyncio.run(all_of_them())


def patience_of(clock: Clock) -> Patience:
    return Patience(clock, Random(1))  # noqa: S311 - the same pauses on every run


def busy(kind: str) -> BusyError:
    return BusyError(kind, HostingError("gone", "again"))  # type: ignore[arg-type]


def test_one_round_of_refusals_halves_the_limit_once() -> None:
    # Given
    clock = Clock()
    pace = Pace(64, clock)
    sent = enter(pace, 64)

    # When
    clock.now = 1.0
    for _ in range(64):
        pace.refused(sent)

    # Then
    assert pace.limit == 32

    # When a request of the next round is refused, too
    clock.now = 2.0
    pace.refused(enter(pace))

    # Then
    assert pace.limit == 16


def test_the_limit_never_falls_below_one() -> None:
    # Given
    clock = Clock()
    pace = Pace(4, clock)

    # When
    for second in range(10):
        clock.now = float(second)
        pace.refused(enter(pace))

    # Then
    assert pace.limit == 1


def test_after_a_break_the_limit_grows_fast_to_half_and_then_slowly() -> None:
    # Given an endpoint that refused everything for a while
    clock = Clock()
    pace = Pace(64, clock)
    for second in range(1, 11):
        clock.now = float(second)
        pace.refused(enter(pace))

    # When
    limits = []
    for _ in range(100):
        pace.answered(enter(pace))
        limits.append(pace.limit)

    # Then
    assert limits[30] == 32
    assert 33 < limits[99] < 36


def test_slow_answers_lower_the_limit() -> None:
    # Given
    clock = Clock()
    pace = Pace(64, clock)
    sent = enter(pace)

    # When
    clock.now = SLOW_SECONDS
    pace.answered(sent)

    # Then
    assert pace.limit == 32


def test_a_request_waits_until_another_one_is_answered() -> None:
    async def scene() -> list[str]:
        # Given
        events: list[str] = []
        pace = Pace(1, Clock())
        sent = await pace.enter()

        async def second() -> None:
            await pace.enter()
            events.append("second sent")

        waiting = asyncio.create_task(second())
        await asyncio.sleep(0)

        # When
        events.append("first answered")
        pace.answered(sent)
        await waiting
        return events

    # Then
    assert asyncio.run(scene()) == ["first answered", "second sent"]


def test_pauses_double_up_to_a_limit() -> None:
    # Given
    patience, failures = patience_of(Clock()), Counter[str]()

    # When
    pauses = [patience.pause(busy("throttled"), failures) for _ in range(40)]

    # Then
    assert 0.25 <= pauses[0] <= 0.5
    assert 0.5 <= pauses[1] <= 1.0
    assert max(pauses) <= LONGEST_PAUSE


@pytest.mark.parametrize(
    ("kind", "tries"), [("unavailable", MAX_FAILURES), ("timeout", MAX_TIMEOUTS)]
)
def test_a_request_that_keeps_failing_raises_its_final_error(kind: str, tries: int) -> None:
    # Given
    clock = Clock()
    patience, failures = patience_of(clock), Counter[str]()

    # When other requests are answered meanwhile
    for _ in range(tries - 1):
        clock.now += PATIENCE_SECONDS
        patience.answered()
        patience.pause(busy(kind), failures)

    # Then
    with pytest.raises(HostingError):
        patience.pause(busy(kind), failures)


def test_an_endpoint_silent_for_a_minute_has_failed() -> None:
    # Given
    clock = Clock()
    patience, failures = patience_of(clock), Counter[str]()
    for _ in range(8):
        patience.pause(busy("throttled"), failures)

    # When
    clock.now = PATIENCE_SECONDS

    # Then
    with pytest.raises(HostingError):
        patience.pause(busy("throttled"), failures)
