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
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "functions"))

from tunedrop.evaluation.scoring.metrics import METRICS
from tunedrop.evaluation.statistics.comparing import Evidence, compare
from tunedrop.evaluation.statistics.intervals import wilson, z_of
from tunedrop.evaluation.statistics.units import units_of
from tunedrop.evaluation.verdict import verdict_of
from tunedrop.recipe.schema import Gate

QUALITY = 0.7  # How often a word or a label is right.
GAIN = 0.1  # By how much the tuned model is better in the simulations of a gain.
ALIKE = 0.7  # Share of the rows of a group that are right or wrong with the whole group.
AGREEMENT = {
    "low": 0.0,
    "high": 0.7,
}  # Share of the answers that the tuned model has from the base.
RUNS = {"accuracy": 2_000, "macro_f1": 500, "token_f1": 500}  # Nulls in each cell.
GAIN_RUNS = 0.25  # Simulations of a gain, as a share of the nulls.
LABELS = ("negative", "neutral", "positive")
LABEL_SHARES = (0.6, 0.3, 0.1)
WORDS = ("red", "green", "blue", "white", "black")
CHUNK = 50  # Simulations in one task of a process.
MOST_FALSE, LEAST_FALSE = 0.05, 0.03
LEAST_COVERED, MOST_COVERED = 0.94, 0.97
FEWEST_ROWS, FEWEST_GROUPS = 100, 20  # From here on the coverage is a goal.
SURE = 0.99  # Confidence of the intervals around the measured rates.


@dataclass(frozen=True)
class Cell:
    """One kind of evaluation: how many rows, in how many groups, how alike the two models are."""

    metric: str
    rows: int
    groups: int | None
    agreement: str
    sizes: str = "equal"


def grid() -> Iterator[Cell]:
    """Yield all cells."""
    for metric in RUNS:
        for rows in (50, 200, 1_000):
            for groups in (None, 10, 20, 50):
                if groups is None or groups < rows:
                    for agreement in AGREEMENT:
                        yield Cell(metric, rows, groups, agreement)
        for groups in (10, 20, 50):
            yield Cell(metric, 200, groups, "low", "unequal")


def simulate(cell: Cell, gain: float, seed: int, runs: int) -> Counter[str]:
    """Return how many runs had a verdict and an interval that contains the true difference."""
    random = np.random.default_rng([seed, *f"{cell}".encode()])
    found: Counter[str] = Counter()
    for _ in range(runs):
        groups = _groups(cell, random)
        base, tuned = _right_words(cell, groups, gain, random)
        golds, rival, mine = _texts(cell.metric, base, tuned, random)
        evidence = Evidence(
            golds=golds,
            rival=rival,
            tuned=mine,
            rival_name="base",
            confidence=0.95,
            units=units_of(groups),
        )
        comparison = compare(METRICS[cell.metric], evidence).comparison
        found[verdict_of(comparison, Gate())] += 1
        found["covered"] += comparison.difference.low <= gain <= comparison.difference.high
    return found


def _groups(cell: Cell, random: np.random.Generator) -> list[int]:
    """Return the number of each row's group."""
    if cell.groups is None:
        return list(range(cell.rows))
    if cell.sizes == "equal":
        return [row % cell.groups for row in range(cell.rows)]
    weights = random.lognormal(0, 1, cell.groups)
    some = random.choice(cell.groups, cell.rows - cell.groups, p=weights / weights.sum())
    return [*range(cell.groups), *some.tolist()]  # No group is empty.


def _right_words(
    cell: Cell, groups: Sequence[int], gain: float, random: np.random.Generator
) -> tuple[Any, Any]:
    """Return for both models how many words of each row are right, of one or of five.

    A model's answer comes from its group with probability `ALIKE`, if there are groups. Both models
    have the same answer with the probability of the cell's agreement, on top of chance.
    """
    words = len(WORDS) if cell.metric == "token_f1" else 1
    count = max(groups) + 1

    def draw(size: int) -> tuple[Any, Any]:
        one = random.random((size, words))
        same = random.random(size) < AGREEMENT[cell.agreement]
        other = np.where(same[:, None], one, random.random((size, words)))
        return (one < QUALITY).sum(axis=1), (other < QUALITY + gain).sum(axis=1)

    own, of_group = draw(cell.rows), draw(count)
    from_group = random.random(cell.rows) < (ALIKE if cell.groups else 0.0)
    base, tuned = (
        np.where(from_group, group[np.asarray(groups)], alone)
        for group, alone in zip(of_group, own, strict=True)
    )
    return base, tuned


def _texts(
    metric: str, base: Any, tuned: Any, random: np.random.Generator
) -> tuple[list[str], list[str], list[str]]:
    """Return golds and both models' answers with this many right words."""
    if metric == "token_f1":
        golds = [" ".join(WORDS)] * len(base)
        texts = [
            [" ".join([*WORDS[:right], *["grey"] * (len(WORDS) - right)]) for right in model]
            for model in (base, tuned)
        ]
        return golds, texts[0], texts[1]
    shares = LABEL_SHARES if metric == "macro_f1" else None
    drawn = random.choice(len(LABELS), len(base), p=shares)
    away = random.integers(1, len(LABELS), (2, len(base)))
    answers = [
        [LABELS[label] for label in np.where(right > 0, drawn, (drawn + other) % len(LABELS))]
        for right, other in zip((base, tuned), away, strict=True)
    ]
    return [LABELS[label] for label in drawn], answers[0], answers[1]


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
    minutes = (time.monotonic() - began) / 60
    print(json.dumps({"minutes": round(minutes, 1), "cells": found}))
    return int(any(each["missed"] for each in found))


if __name__ == "__main__":
    sys.exit(main())
