"""Play one schedule and say which promises it breaks."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from tests.model.faults import EVENT_FAULTS, SINGLE_FAULTS, Schedule
from tests.model.product import ENVIRONMENT, Product
from tests.model.promises import broken
from tests.model.scenarios import SCENARIOS, prepare_account
from tests.model.world import World
from tunedrop.lifecycle import asking
from tunedrop.lifecycle.asking import DAYS_TO_ANSWER

HORIZON = 40 * 3_600.0  # Virtual seconds after which a schedule is given up.


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a schedule ended: the promises that it broke, and the world for a closer look."""

    schedule: Schedule
    broken: list[str]
    world: World

    def __str__(self) -> str:
        lines = [f"schedule: {self.schedule}", *self.broken]
        lines += [f"fault: {kind} in {who} at {what}" for kind, who, what in self.world.hit]
        return "\n".join(lines)


def check(schedule: Schedule, product: Product) -> Outcome:
    """Play a schedule."""
    scenario = SCENARIOS[schedule.scenario]
    world = World(schedule, scenario.quota)
    product.use(world)
    os.environ.update(ENVIRONMENT)
    os.environ.update(scenario.environment)
    asking.DAYS_TO_ANSWER = scenario.days_to_answer or DAYS_TO_ANSWER
    prepare_account(world)

    (first, start), *others = scenario.actions
    world.simulation.at(world.simulation.now + first, partial(start, world))
    for seconds, action in others:
        world.user_actions.append(partial(action, world))
        due = world.simulation.now + seconds * world.pace.shift()
        world.simulation.at(due, world.do_next)
    world.run(HORIZON, lambda: not broken(world, scenario))
    return Outcome(schedule, broken(world, scenario), world)


def single_faults(scenario: str, product: Product) -> Iterator[Schedule]:
    """Yield every schedule with one fault: each call with each kind, each event with each kind."""
    world = check(Schedule(scenario), product).world
    races = len(SCENARIOS[scenario].actions) > 1
    for number in range(len(world.calls)):
        for kind in SINGLE_FAULTS:
            yield Schedule(scenario, calls={number: kind})
        if races:
            yield Schedule(scenario, calls={number: "race"})
            yield Schedule(scenario, calls={number: "race after"})
    for number in range(len(world.events)):
        for event_kind in EVENT_FAULTS:
            yield Schedule(scenario, events={number: event_kind})
