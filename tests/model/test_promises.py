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
from tests.model.scenarios import IN_TRAINING, SCENARIOS
from tests.model.schedules import Size, random_schedule, sizes

# A newer drop or `cancel` comes while the first job runs.
STOPPED = ("two drops", "tuning, then a drop", "cancelled", "tuning, cancelled")
HOURS = 20_000.0
SWEPT_SECONDS = 2_000.0  # Two schedules of sweep, and SageMaker's time to stop a job.
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


@pytest.mark.parametrize(
    "scenario", ["only the evaluation changes", "only the evaluation changes, soon"]
)
def test_a_trained_adapter_is_used_again_whatever_call_fails(
    product: Product, scenario: str
) -> None:
    # When every third call after the first training fails once; `make faults` plays all of them
    calls = check(Schedule(scenario), product).world.calls
    kinds: tuple[CallFault, ...] = ("error", "kill after")
    trained = next(at for at, call in enumerate(calls) if call[1] == "create_endpoint")
    schedules = [
        Schedule(scenario, calls={at: kind})
        for kind in kinds
        for at in range(trained, len(calls), 3)
    ]
    outcomes = [check(each, product) for each in (Schedule(scenario), *schedules)]

    # Then no promise breaks, and nothing is trained again
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]
    assert {len(outcome.world.sagemaker.training_jobs) for outcome in outcomes} == {1}


@pytest.mark.parametrize("scenario", STOPPED)
def test_a_job_that_no_longer_counts_is_stopped_despite_a_throttle(
    product: Product, monkeypatch: pytest.MonkeyPatch, scenario: str
) -> None:
    # Given jobs that would train for hours
    monkeypatch.setattr("tests.model.aws.sagemaker.TRAINING_SECONDS", HOURS)
    monkeypatch.setattr("tests.model.aws.tuning.TRIAL_SECONDS", (HOURS, HOURS))
    calls = check(Schedule(scenario), product).world.calls
    stops = {at for at, (_, operation, _) in enumerate(calls) if operation.startswith("stop_")}
    assert stops

    # When the calls that stop jobs and a share of the others are throttled once each
    numbers = sorted(stops | set(range(0, len(calls), STRIDE)))
    schedules = [Schedule(scenario, calls={number: "throttle"}) for number in numbers]
    outcomes = [check(each, product) for each in (Schedule(scenario), *schedules)]

    # Then the first job was stopped at once, or by the next two schedules of sweep
    for outcome in outcomes:
        aws = outcome.world.sagemaker
        first = next(iter({**aws.training_jobs, **aws.tuning_jobs}.values()))
        assert first.status == "Stopped", str(outcome)
        assert (first.ended or 0) - first.created < IN_TRAINING + SWEPT_SECONDS, str(outcome)


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


def test_a_base_model_is_fetched_despite_single_faults(product: Product) -> None:
    # Given a share of the faults before the training; every call occurs among them
    calls = check(Schedule("hub model"), product).world.calls
    before = next(n for n, (_, operation, _) in enumerate(calls) if "create_training" in operation)
    schedules = list(single_faults("hub model", product))[::STRIDE]

    # When
    outcomes = [
        check(schedule, product)
        for schedule in schedules
        if min(schedule.calls, default=0) < before
    ]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]
    assert {number for one in outcomes for number in one.schedule.calls} == set(range(before))


@pytest.mark.parametrize("kind", ["kill", "kill after", "error after"])
def test_a_tuning_survives_a_fault_at_any_call(product: Product, kind: CallFault) -> None:
    # Given
    calls = len(check(Schedule("tuning"), product).world.calls)

    # When
    outcomes = [check(Schedule("tuning", calls={number: kind}), product) for number in range(calls)]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]


@pytest.mark.parametrize("kind", EVENT_FAULTS)
def test_a_tuning_survives_a_fault_of_any_event(product: Product, kind: EventFault) -> None:
    # Given
    events = len(check(Schedule("tuning"), product).world.events)

    # When
    outcomes = [
        check(Schedule("tuning", events={number: kind}), product) for number in range(events)
    ]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]


def test_repeated_update_of_an_endpoint_is_known_as_done(product: Product) -> None:
    # Given a full fine-tuning whose request for its tuned weights is sent twice, with a lost answer
    calls = check(Schedule("full fine-tuning"), product).world.calls
    updates = [at for at, call in enumerate(calls) if call[1] == "update_endpoint"]
    assert updates

    # When
    outcomes = [
        check(Schedule("full fine-tuning", calls={at: "retried"}), product) for at in updates
    ]

    # Then
    found = [str(outcome) for outcome in outcomes if outcome.broken]
    assert not found, found[0]


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


def test_an_endpoint_that_deploy_may_still_create_keeps_its_config(product: Product) -> None:
    # Given a newer recipe whose event is handled while deploy creates config and endpoint; with
    # this pace the older run is released between both
    scenario, seed = "only the evaluation changes, soon", 92_938_402
    for _ in range(2):  # The first time some computations make more calls than they do later.
        calls = check(Schedule(scenario, seed=seed), product).world.calls
    number = calls.index(("deploy", "create_endpoint_config", ""))

    # When
    outcome = check(Schedule(scenario, calls={number: "race"}, seed=seed), product)

    # Then
    assert not outcome.broken, str(outcome)
    assert outcome.world.hit


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
