"""Without any one of its guards the product breaks a promise, so no guard is needless.

It also shows that the model sees what the guards are for.
"""

import re
from pathlib import Path

import pytest

from tests.model.checking import check
from tests.model.faults import Schedule
from tests.model.guards import GUARDS, Guard
from tests.model.product import Product

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
# Without these the product only becomes slower, or AWS itself keeps them.
NOT_REMOVED = {
    "own writes are recognised",
    "pointer before object",
    "names as locks",
    "fetching is noted first",
    "unknown resources",  # The model leaves it out, because it would hide that another is missing.
}


def schedules(guard: Guard, product: Product) -> list[Schedule]:
    """Return the schedules that show what the guard is for."""
    name, world = guard.scenario, check(Schedule(guard.scenario), product).world
    done = (f"{operation} {what}" for _, operation, what in world.calls)
    numbers = (number for number, text in enumerate(done) if guard.operation in text)
    calls = [{number: guard.call} for number in numbers if guard.call] or [{}]
    events = [{n: guard.event} for n in range(len(world.events)) if guard.event] or [{}]
    return [Schedule(name, call, event) for call in calls for event in events]


@pytest.mark.parametrize("name", GUARDS)
def test_a_promise_breaks_without_the_guard_only(
    product: Product, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Given
    guard = GUARDS[name]
    played = schedules(guard, product)
    assert played
    assert not any(check(schedule, product).broken for schedule in played)

    # When
    guard.remove(monkeypatch)

    # Then
    assert any(check(schedule, product).broken for schedule in played)


def test_every_guard_of_the_reliability_page_is_removed_once() -> None:
    # Given
    _, _, kept = PAGE.read_text().partition("## How it is kept")
    table, _, _ = kept.partition("## How it is tested")

    # When
    named = set(re.findall(r"^\| \*\*([^*]+)\*\*", table, re.MULTILINE))

    # Then
    assert named == set(GUARDS) | NOT_REMOVED
