"""The plan and the trials of the benchmark of hyperparameters."""

import argparse
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from benchmarks.defaults_contenders import (
    AUTO,
    FINALISTS,
    Result,
    finalists,
    grid_name,
    values_of,
)
from benchmarks.defaults_datasets import SOURCES, Sizes, prepared
from benchmarks.defaults_trial import Trial, run_trial
from tunedrop.documents.dataset import Dataset
from tunedrop.jobs.choosing import choose
from tunedrop.jobs.model_shape import ModelShape
from tunedrop.recipe.hyperparameters import Hyperparameters

LONGEST_TRAINING = 120.0
"""Seconds of training for a contender at most."""

LEAST_ROWS, MOST_ROWS = 24, 2_000
RESERVE = 0.9
"""The share of a budget that the trials are planned to take."""

TIMED_ROWS = (16, 64)
"""Training rows of the two trials by which time is measured."""

TrialKey = tuple[str, str, int]
"""Dataset, contender and seed."""


class Plan(msgspec.Struct):
    """How long a trial trains: a number of rows, or of tokens of the training rows.

    The first line of the results file has it, so that all trials of a file have the same.
    """

    epochs: float
    held_out: int
    rows: int | None = None
    tokens: int | None = None


class Split(NamedTuple):
    """A prepared dataset."""

    dataset: Dataset
    chosen: Hyperparameters
    folder: Path


@dataclass(slots=True)
class Bench:
    """The model, the datasets prepared so far, and the trials."""

    options: argparse.Namespace
    model: Path
    scratch: Path
    plan: Plan
    done: dict[TrialKey, dict[str, Any]] = field(default_factory=dict)
    splits: dict[tuple[str, int], Split] = field(default_factory=dict)

    def split(self, name: str, rows: int) -> Split:
        """Prepare a dataset, once."""
        if (name, rows) not in self.splits:
            folder = self.scratch / f"{name}-{rows}"
            folder.mkdir()
            sizes = Sizes(rows, self.plan.held_out, self.plan.epochs)
            dataset, recipe = prepared(
                name, sizes, packages=self.model.parent, folder=folder, model=self.model
            )
            shape = msgspec.json.decode((self.model / "config.json").read_bytes(), type=ModelShape)
            chosen = choose(recipe, dataset, shape).hyperparameters
            self.splits[name, rows] = Split(dataset, chosen, folder)
        return self.splits[name, rows]

    def rows_of(self, name: str) -> int:
        """Return the training rows of a dataset."""
        if self.plan.rows or not self.plan.tokens:
            return self.plan.rows or LEAST_ROWS
        mean = self.split(name, MOST_ROWS).dataset.tokens.mean
        return max(LEAST_ROWS, min(MOST_ROWS, round(self.plan.tokens / mean / self.plan.epochs)))

    def measure(self, name: str, contender: str, seed: int, rows: int) -> dict[str, Any]:
        """Run one trial in a process of its own: a copy of this one, which has the libraries."""
        split = self.split(name, rows)
        values = replace(values_of(contender, split.chosen, self.options.grid), seed=seed)
        dataset = split.dataset
        trial = Trial(values, dataset.task, dataset.labels, split.folder, self.model)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as process:
            figures = process.submit(run_trial, trial).result()
        return {
            "dataset": name,
            "contender": contender,
            "seed": seed,
            "rows": dataset.rows.train,
            "learning_rate": values.learning_rate,
            "rank": values.lora_rank,
            "rows_of_a_step": values.batch_size * values.gradient_accumulation_steps,
            **figures,
        }

    def results(self, part: str | None = None) -> list[Result]:
        """Return the finished trials of the asked datasets, or of those of one part."""
        return [
            Result(*key, found["held_out_loss"], found["score"])
            for key, found in self.done.items()
            if key[0] in self.options.datasets and part in (None, SOURCES[key[0]].part)
        ]

    def wanted(self) -> Iterator[TrialKey]:
        """Yield dataset, contender and seed of each trial, one seed after the other."""
        options = self.options
        for seed in range(1, options.seeds + 1):
            for name in options.datasets:
                grid = [grid_name(factor) for factor in options.grid]
                best = finalists(self.results(), name, 1)
                for contender in [*options.contenders, *grid]:
                    if seed == 1 or contender in (AUTO, *best):
                        yield name, contender, seed

    def count(self) -> int:
        """Return how many trials a whole run has."""
        contenders: list[str] = self.options.contenders
        others = sum(name != AUTO for name in contenders)
        again = min(others, FINALISTS) + (AUTO in contenders)
        further: int = self.options.seeds - 1
        each = len(contenders) + len(self.options.grid) + further * again
        return len(self.options.datasets) * each


def tokens_in_budget(bench: Bench) -> int:
    """Return the training tokens of a trial with which all trials fit into the budget.

    The dataset with the longest rows is timed: its rows have the smallest share of instructions,
    which are computed once for a batch.
    """
    datasets: list[str] = bench.options.datasets
    name = max(datasets, key=lambda each: bench.split(each, MOST_ROWS).dataset.tokens.mean)
    short, long = (bench.measure(name, AUTO, 0, rows) for rows in TIMED_ROWS)
    more = long["train_tokens"] - short["train_tokens"]
    pace = max(1e-4, (long["train_seconds"] - short["train_seconds"]) / more)
    fixed = max(0.0, short["train_seconds"] - pace * short["train_tokens"])
    whole = RESERVE * 60 * bench.options.budget_minutes / bench.count()
    print(
        f"a token takes {pace * 1e3:.2f} ms, and a trial {fixed:.1f} s more; judging it "
        f"{long['judge_seconds']:.1f} s; planned for a trial: {whole:.0f} s",
        flush=True,
    )
    tokens = affordable_tokens(pace, fixed + long["judge_seconds"], whole)
    least = int(LEAST_ROWS * bench.split(name, MOST_ROWS).dataset.tokens.mean * bench.plan.epochs)
    if tokens < least:
        needed = (pace * least + fixed + long["judge_seconds"]) * bench.count() / 60 / RESERVE
        raise SystemExit(
            f"{bench.options.budget_minutes:g} minutes are too few for {bench.count()} trials of "
            f"{LEAST_ROWS} rows, which take about {needed:.0f}: give more, or fewer --datasets, "
            "--contenders, --seeds or --held-out"
        )
    return tokens


def affordable_tokens(pace: float, fixed: float, whole: float) -> int:
    """Return the tokens that a trial can train on; 0 if the rest of it takes all its time.

    Args:
        pace: seconds for a training token.
        fixed: seconds of the trial that do not depend on its training tokens.
        whole: seconds that the trial may take.
    """
    return int(max(0.0, min(LONGEST_TRAINING, whole - fixed)) / pace)
