"""Calls that a function makes in rare cases only, so that its role must allow them.

A test removes each statement of the roles and sees a run on the local AWS fail. It leaves out those
statements whose calls are shown here.
"""

from typing import NamedTuple

import pytest

from tests.model.checking import check
from tests.model.faults import CallFault, Schedule
from tests.model.product import Product

POINTER = "runs/tweets/current.json"


class Fault(NamedTuple):
    """A fault of a function's call: of the first such call, or of the last one."""

    kind: CallFault
    function: str
    operation: str
    key: str = ""
    which: int = 0


class Rare(NamedTuple):
    """A call of a function, and the schedule that leads to it."""

    function: str
    operation: str
    scenario: str
    fault: Fault | None = None
    key: str = ""  # Where the object's key begins, for calls of S3.


# A newer drop comes between a step's last look at the pointer and what it creates.
TRAINING = Fault("race", "train", "create_training_job")
TUNING = Fault("race", "train", "create_hyper_parameter_tuning_job")
DEPLOYING = Fault("race after", "deploy", "put_object")
PREPARING = Fault("race", "prepare", "create_processing_job")
# The newer drop's prepare is killed, or waits, before it ends the older run, which thus goes on.
KILLED = Fault("kill after", "prepare", "put_object", POINTER, -1)
STALLED = Fault("race after", "prepare", "put_object", POINTER, -1)
RARE = [
    Rare("prepare", "stop_training_job", "two drops"),
    Rare("prepare", "stop_processing_job", "two drops, processing", PREPARING),
    Rare("train", "stop_training_job", "two drops", TRAINING),
    Rare("train", "stop_hyper_parameter_tuning_job", "tuning, then a drop", TUNING),
    Rare("train", "delete_object", "two drops, processing", STALLED, "runs/_active/"),
    Rare("deploy", "delete_endpoint", "two drops, late", DEPLOYING),
    Rare("deploy", "delete_object", "two drops", KILLED, "runs/_active/"),
    Rare("evaluate", "update_endpoint", "full fine-tuning"),
    Rare("report_failure", "stop_training_job", "cancelled"),
    # A run that keeps its endpoint, or asks, ends by the clock.
    Rare("sweep", "delete_endpoint", "keep"),
    Rare("sweep", "delete_object", "keep", key="runs/_active/"),
    Rare("sweep", "publish", "doubtful file, unanswered"),
    # The bill of a job that was stopped becomes exact when it has ended.
    Rare("sweep", "put_object", "two drops", key="runs/_bills/"),
]


@pytest.mark.parametrize("rare", RARE, ids=[f"{rare.function} {rare.operation}" for rare in RARE])
def test_a_function_makes_a_call_that_its_role_allows(product: Product, rare: Rare) -> None:
    # Given the schedule
    faults: dict[int, CallFault] = {}
    if rare.fault:
        calls = check(Schedule(rare.scenario), product).world.calls
        numbers = [at for at, call in enumerate(calls) if is_meant(call, rare.fault[1:4])]
        faults[numbers[rare.fault.which]] = rare.fault.kind

    # When
    outcome = check(Schedule(rare.scenario, calls=faults), product)

    # Then the function makes the call, and every promise is kept
    wanted = (rare.function, rare.operation, rare.key)
    assert any(is_meant(call, wanted) for call in outcome.world.calls)
    assert not outcome.broken, str(outcome)


def is_meant(call: tuple[str, str, str], wanted: tuple[str, str, str]) -> bool:
    """Return whether it is the function's call of the operation, with a key that begins so."""
    return call[:2] == wanted[:2] and call[2].startswith(wanted[2])


@pytest.mark.parametrize("scenario", ["two drops", "two drops, late"])
def test_deploy_stops_no_job_because_each_has_ended(product: Product, scenario: str) -> None:
    # Given a newer drop at any call of the older run's deploy, or a prepare that is killed
    calls = check(Schedule(scenario), product).world.calls
    pointer = ("prepare", "put_object", POINTER)
    schedules = [
        Schedule(scenario, calls={number: kind})
        for number, call in enumerate(calls)
        for kind in ("race", "race after", "kill after")
        if call[0] == "deploy" or call == pointer
    ]

    # When
    outcomes = [check(schedule, product) for schedule in schedules]

    # Then
    made = {call[1] for outcome in outcomes for call in outcome.world.calls if call[0] == "deploy"}
    assert "delete_endpoint" in made
    assert not [operation for operation in made if operation.startswith("stop_")]
