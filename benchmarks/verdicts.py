"""How often the verdict is wrong when the truth is known: simulated pairs of models.

    python benchmarks/verdicts.py            # the whole grid, under 30 minutes on two cores
    python benchmarks/verdicts.py --runs 100 # a quick look

Both models are equally good in every simulation of a null, so each "better" or "worse" is false. In
the simulations of a gain the tuned model is better by a known amount, which the interval should
contain. The last line is one JSON object. The exit status is 1 if a cell misses a goal:

- false verdicts not above 5%, by a 99% interval, and not below 3% where there are at least 100 rows
  and the method is not exact (the sign permutation test is);
- the interval contains the truth in 94 to 97% of the nulls, by a 99% interval, from 100 rows or 20
  groups on.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from benchmarks.simulated_models import Cell, grid, simulate  # noqa: E402 - the path must be known first
from tunedrop.evaluation.statistics.intervals import wilson, z_of  # noqa: E402

GAIN = 0.1  # By how much the tuned model is better in the simulations of a gain.
RUNS = {"accuracy": 2_000, "macro_f1": 500, "token_f1": 500}  # Nulls in each cell.
GAIN_RUNS = 0.25  # Simulations of a gain, as a share of the nulls.
CHUNK = 50  # Simulations in one task of a process.
MOST_FALSE, LEAST_FALSE = 0.05, 0.03
LEAST_COVERED, MOST_COVERED = 0.94, 0.97
FEWEST_ROWS, FEWEST_GROUPS = 100, 20  # From here on the coverage is a goal.
SURE = 0.99  # Confidence of the intervals around the measured rates.


def measured(cell: Cell, null: Counter[str], gain: Counter[str]) -> dict[str, Any]:
    """Return the cell with its rates and the goals that it misses."""
    runs, gain_runs = _runs(null), _runs(gain)
    wrong = null["better"] + null["worse"]
    low, high = wilson(wrong / runs, runs, z_of(SURE))
    missed = []
    if low > MOST_FALSE:
        missed.append("false verdicts above 5%")
    large = cell.groups >= FEWEST_GROUPS if cell.groups else cell.rows >= FEWEST_ROWS
    if cell.groups is None and cell.metric == "accuracy" and large and high < LEAST_FALSE:
        missed.append("false verdicts below 3%")
    if large:
        covered = wilson(null["covered"] / runs, runs, z_of(SURE))
        if covered[0] > MOST_COVERED or covered[1] < LEAST_COVERED:
            missed.append("coverage")
    return asdict(cell) | {
        "runs": runs,
        "false_better": null["better"] / runs,
        "false_worse": null["worse"] / runs,
        "coverage": null["covered"] / runs,
        "coverage_of_a_gain": gain["covered"] / gain_runs if gain_runs else None,
        "power": gain["better"] / gain_runs if gain_runs else None,
        "missed": missed,
    }


def _runs(found: Counter[str]) -> int:
    return sum(number for name, number in found.items() if name != "covered")


def run(cells: Sequence[Cell], most: int, processes: int) -> Iterator[dict[str, Any]]:
    """Simulate the cells one after another and yield the figures of each."""
    with ProcessPoolExecutor(processes) as pool:
        for cell in cells:
            runs = min(most, RUNS[cell.metric])
            # macro-F1 of a model that is right on 80% depends on the sample: no gain is known.
            gains = 0 if cell.metric == "macro_f1" else int(runs * GAIN_RUNS)
            null, gain = (
                sum(pool.map(simulate, *zip(*_tasks(cell, truth, number), strict=True)), Counter())
                if number
                else Counter[str]()
                for truth, number in ((0.0, runs), (GAIN, gains))
            )
            yield measured(cell, null, gain)


def _tasks(cell: Cell, truth: float, runs: int) -> list[tuple[Cell, float, int, int]]:
    """Return the arguments of `simulate` for so many runs in chunks."""
    return [(cell, truth, start, min(CHUNK, runs - start)) for start in range(0, runs, CHUNK)]


def shown(figures: dict[str, Any]) -> str:
    """Return the figures of a cell as one line."""
    groups = "independent" if figures["groups"] is None else f"{figures['groups']} groups"
    gain = figures["coverage_of_a_gain"]
    return (
        f"{figures['metric']:<9} {figures['rows']:>5} rows, {groups:<11} {figures['sizes']:<7} "
        f"agreement {figures['agreement']:<4}: better {figures['false_better']:.1%}, worse "
        f"{figures['false_worse']:.1%}, coverage {figures['coverage']:.1%}"
        + ("" if gain is None else f", of a gain {gain:.1%}, power {figures['power']:.0%}")
        + (f"  MISSED: {', '.join(figures['missed'])}" if figures["missed"] else "")
    )


def last_line(
    cells: Sequence[dict[str, Any]], arguments: argparse.Namespace, seconds: float
) -> dict[str, Any]:
    """Return the shares of each metric over all its cells, then the figures of each cell."""
    ratios: dict[str, float] = {}
    for metric in dict.fromkeys(cell["metric"] for cell in cells):
        wrong = [c["false_better"] + c["false_worse"] for c in cells if c["metric"] == metric]
        covered = [c["coverage"] for c in cells if c["metric"] == metric]
        ratios[f"{metric}_false_verdicts"] = round(statistics.mean(wrong), 4)
        ratios[f"{metric}_most_false_verdicts"] = round(max(wrong), 4)
        ratios[f"{metric}_coverage"] = round(statistics.mean(covered), 4)
    return {
        "ratios": ratios | {"cells_that_miss_a_goal": sum(bool(c["missed"]) for c in cells)},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}",
        "repeats": {m: min(arguments.runs, RUNS[m]) for m in arguments.metric or RUNS},
        "minutes": round(seconds / 60, 1),
        "cells": list(cells),
    }


def main() -> int:
    """Print a table and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=max(RUNS.values()), help="at most, in a cell")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--metric", choices=RUNS, action="append", help="this one alone")
    arguments = parser.parse_args()
    began = time.monotonic()
    cells = [cell for cell in grid() if cell.metric in (arguments.metric or RUNS)]
    found = []
    for figures in run(cells, arguments.runs, arguments.processes):
        found.append(figures)
        print(shown(figures), flush=True)
    print(json.dumps(last_line(found, arguments, time.monotonic() - began)))
    return int(any(each["missed"] for each in found))


if __name__ == "__main__":
    sys.exit(main())
