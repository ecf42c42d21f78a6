"""The product keeps its promises whatever fails: docs/reliability.md lists both.

`make faults` plays very many schedules more.
"""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.checking import check, single_faults
from tests.model.faults import EVENT_FAULTS, SINGLE_FAULTS, CallFault, EventFault, Schedule
from tests.model.product import Product
from tests.model.scenarios import SCENARIOS
from tests.model.schedules import Size, random_schedule, sizes

STRIDE = 11  # A prime that does not divide the number of kinds, so that the kinds take turns.


@pytest.fixture(scope="module")
def known(product: Product) -> dict[str, Size]:
    return sizes(product)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_without_faults_keeps_every_promise(product: Product, scenario: str) -> None:
    # When
    outcome = check(Schedule(scenario), product)

    # Then
    assert not outcome.broken, str(outcome)


@pytest.mark.parametrize("kind", SINGLE_FAULTS)
def test_one_drop_survives_a_fault_at_any_call(product: Product, kind: CallFault) -> None:
    # Given
    calls = len(check(Schedule("one drop"), product).world.calls)

    # When
    outcomes = [
        check(Schedule("one drop", calls={number: kind}), product) for number in range(calls)
    ]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]
    assert all(outcome.world.hit for outcome in outcomes)


@pytest.mark.parametrize(
    "scenario",
    [
        "doubtful file",
        "doubtful file, answered",
        "doubtful file, unanswered",
        "doubtful file again",
        "misplaced",
    ],
)
def test_an_email_before_training_survives_faults_at_every_call(
    product: Product, scenario: str
) -> None:
    # Given a share of the faults in which every call and every kind occurs: fewer kinds than
    # STRIDE would leave a call out. `make faults` plays all of them.
    schedules = list(single_faults(scenario, product))[::STRIDE]

    # When
    outcomes = [check(schedule, product) for schedule in schedules]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]
    assert {kind for one in outcomes for kind, *_ in one.world.hit} >= set(SINGLE_FAULTS) - {
        "conflict"  # Only calls of put_object have it.
    }


@pytest.mark.parametrize("kind", EVENT_FAULTS)
def test_one_drop_survives_a_fault_of_any_event(product: Product, kind: EventFault) -> None:
    # Given
    events = len(check(Schedule("one drop"), product).world.events)

    # When
    outcomes = [
        check(Schedule("one drop", events={number: kind}), product) for number in range(events)
    ]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]


@pytest.mark.parametrize("kind", ["race", "race after"])
def test_a_second_drop_may_come_at_any_call_of_the_first(product: Product, kind: CallFault) -> None:
    # Given
    calls = len(check(Schedule("one drop"), product).world.calls)

    # When
    outcomes = [
        check(Schedule("two drops", calls={number: kind}), product) for number in range(calls)
    ]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_random_schedules_break_no_promise(
    product: Product, known: dict[str, Size], random: Random
) -> None:
    # Given
    schedule = random_schedule(random, known)

    # When
    outcome = check(schedule, product)

    # Then
    assert not outcome.broken, str(outcome)
