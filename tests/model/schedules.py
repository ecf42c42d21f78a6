"""Random schedules: a few faults at random calls and events of a random scenario."""

from random import Random
from typing import NamedTuple

from tests.model.checking import check
from tests.model.faults import CALL_FAULTS, EVENT_FAULTS, CallFault, EventFault, Schedule
from tests.model.product import Product
from tests.model.scenarios import SCENARIOS

NUMBERS_OF_FAULTS = (0, 1, 1, 2, 2, 2, 3, 3, 4)
SHARE_OF_CALLS = 0.8  # The other faults concern events.
SHARE_OF_RANDOM_TIMES = 0.7
LONGER = 1.3  # Faults add calls, so numbers beyond those of a run without faults are used too.


class Size(NamedTuple):
    """How many calls and events a scenario has without faults."""

    calls: int
    events: int


def sizes(product: Product) -> dict[str, Size]:
    """Play each scenario once without faults."""
    worlds = {name: check(Schedule(name), product).world for name in SCENARIOS}
    return {name: Size(len(world.calls), len(world.events)) for name, world in worlds.items()}


def random_schedule(random: Random, known: dict[str, Size]) -> Schedule:
    """Return a schedule; the same generator gives the same schedule."""
    name = random.choice(sorted(known))
    size = known[name]
    calls: dict[int, CallFault] = {}
    events: dict[int, EventFault] = {}
    for _ in range(random.choice(NUMBERS_OF_FAULTS)):
        if random.random() < SHARE_OF_CALLS:
            calls[random.randrange(int(size.calls * LONGER))] = random.choice(CALL_FAULTS)
        else:
            events[random.randrange(int(size.events * LONGER))] = random.choice(EVENT_FAULTS)
    has_seed = random.random() < SHARE_OF_RANDOM_TIMES
    return Schedule(name, calls, events, random.randrange(1 << 31) if has_seed else None)
