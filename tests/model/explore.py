"""Play very many schedules of faults: `make faults`.

First every call of every scenario with every kind of fault, then random schedules. A schedule that
breaks a promise is printed, and `--replay SCHEDULE` plays it again. The last line is JSON with the
figures.
"""

import argparse
import json
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "functions"), str(ROOT / "training_container")]

from tests.model.checking import Outcome, check, single_faults  # noqa: E402 - needs the path
from tests.model.faults import Schedule  # noqa: E402
from tests.model.product import Product, installed  # noqa: E402
from tests.model.scenarios import SCENARIOS  # noqa: E402
from tests.model.schedules import random_schedule, sizes  # noqa: E402

BATCH = 500  # Schedules of one task of a process.
SHOWN = 10  # Found schedules that are printed.

Figures = Counter[str]
Found = list[str]


def shrink(outcome: Outcome, product: Product) -> Outcome:
    """Leave out faults and random times as long as a promise is broken."""
    schedule = outcome.schedule
    simpler = [replace(schedule, seed=None)] if schedule.seed is not None else []
    simpler += [
        replace(schedule, calls={n: k for n, k in schedule.calls.items() if n != number})
        for number in schedule.calls
    ]
    simpler += [
        replace(schedule, events={n: k for n, k in schedule.events.items() if n != number})
        for number in schedule.events
    ]
    for each in simpler:
        found = check(each, product)
        if found.broken:
            return shrink(found, product)
    return outcome


def play(schedules: Iterable[Schedule], product: Product) -> tuple[Figures, Found]:
    """Play schedules; returns the figures and what was found, in words."""
    figures: Figures = Counter()
    found: Found = []
    for schedule in schedules:
        outcome = check(schedule, product)
        figures["schedules"] += 1
        figures["calls"] += len(outcome.world.calls)
        figures["faults"] += len(outcome.world.hit)
        figures["emails"] += len(outcome.world.emails)
        if outcome.broken:
            figures["violations"] += 1
            for text in outcome.broken:
                figures[f"broken: {text.split(':')[0]}"] += 1
            if len(found) < SHOWN:
                found.append(str(shrink(outcome, product)))
    return figures, found


def play_singles(scenario: str) -> tuple[Figures, Found]:
    """Play every schedule with one fault of a scenario."""
    with installed() as product:
        return play(single_faults(scenario, product), product)


def play_random(seed: int, first: int, count: int) -> tuple[Figures, Found]:
    """Play the random schedules from number `first` on."""
    with installed() as product:
        known = sizes(product)
        schedules = (
            random_schedule(Random(f"{seed} {number}"), known)  # noqa: S311 - no secret
            for number in range(first, first + count)
        )
        return play(schedules, product)


def tasks(arguments: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """Yield what the processes have to do."""
    if not arguments.random_only:
        for scenario in SCENARIOS:
            yield (play_singles, scenario)
    for first in range(0, arguments.schedules, BATCH):
        yield (play_random, arguments.seed, first, min(BATCH, arguments.schedules - first))


def run_task(task: tuple[object, ...]) -> tuple[Figures, Found]:
    """Do one task in a process of the pool."""
    work, *values = task
    assert callable(work)
    result: tuple[Figures, Found] = work(*values)
    return result


def explore(arguments: argparse.Namespace) -> int:
    """Play all schedules in several processes; returns the exit status."""
    began, total = time.monotonic(), Counter[str]()
    shown = 0
    print(f"seed {arguments.seed}", flush=True)
    with ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as pool:
        for figures, found in pool.map(run_task, tasks(arguments)):
            total.update(figures)
            for text in islice(found, max(0, SHOWN - shown)):
                print(text, end="\n\n", flush=True)
                shown += 1
            if arguments.verbose:
                print(f"{time.monotonic() - began:.0f} s {dict(total)}", flush=True)
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"seed": arguments.seed, "seconds": seconds, **total}))
    return 1 if total["violations"] else 0


def replay(text: str) -> int:
    """Play one schedule and print what happened; returns the exit status."""
    with installed() as product:
        sizes(product)  # Some computations make more calls the first time, which moves the numbers.
        outcome = check(Schedule.parse(text), product)
    for number, (who, operation, what) in enumerate(outcome.world.calls):
        print(f"{number:4} {who:15} {operation} {what}")
    print(outcome)
    return 1 if outcome.broken else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000, help="random schedules")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--random-only", action="store_true", help="leave out the single faults")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--replay", metavar="SCHEDULE")
    arguments = parser.parse_args()
    return replay(arguments.replay) if arguments.replay else explore(arguments)


if __name__ == "__main__":
    sys.exit(main())
