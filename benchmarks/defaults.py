"""Compares the hyperparameters that Tunedrop chooses with the defaults of other trainers.

    .venv/bin/python benchmarks/defaults.py [--budget-minutes 70] [--results FILE] [--grid 0.5 2 4]

Every contender trains in the same way, with Tunedrop's own training program, on the same rows and
as often over them; only learning rate, rank, alpha, batch and the like differ. Judged are the last
weights, on held-out rows that the training does not see: the loss of the answers, and accuracy
(classification) or ROUGE-L (generation). All contenders run with the first seed; the three best of
a dataset and `auto` run with the further seeds, so that chance does not decide.

Each finished trial is a line of the results file. A run with the same file goes on where the last
one ended, with the same number of rows. With a budget, the rows follow from the time that two short
trials take, and no trial begins that would end after it. The base model and the datasets are
downloaded at the first run (.local/benchmarks). The last line is one JSON object.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

import msgspec  # noqa: E402

from benchmarks.defaults_bench import Bench, Plan, TrialKey, tokens_in_budget  # noqa: E402
from benchmarks.defaults_contenders import CONTENDERS, summarised  # noqa: E402
from benchmarks.defaults_datasets import SOURCES  # noqa: E402
from benchmarks.train import processor  # noqa: E402
from localcloud.stack import demo_model  # noqa: E402

FOLDER = ROOT / ".local/benchmarks"


def compare(bench: Bench, file: Path) -> None:
    """Run the trials that are missing, and append each to the results file."""
    began = time.monotonic()
    limit = bench.options.budget_minutes * 60 if bench.options.budget_minutes else float("inf")
    if not file.exists() or not file.stat().st_size:
        if bench.plan.rows is None:
            bench.plan.tokens = tokens_in_budget(bench)
        file.write_bytes(msgspec.json.encode({"plan": bench.plan}) + b"\n")
    total = bench.count()
    took: list[float] = []
    for key in bench.wanted():
        if key in bench.done:
            continue
        name, contender, seed = key
        left = total - len(bench.done)
        if took and time.monotonic() - began + statistics.mean(took) > limit:
            print(f"the budget is used; {left} trials are left: start again with --results {file}")
            return
        started = time.monotonic()
        found = bench.measure(name, contender, seed, bench.rows_of(name))
        took.append(time.monotonic() - started)
        bench.done[key] = found
        with file.open("ab") as lines:
            lines.write(msgspec.json.encode(found) + b"\n")
        print(f"{total - left + 1}/{total}  {name:11}  {contender:14}  seed {seed}  "
              f"loss {found['held_out_loss']:.4f}  score {found['score']:.3f}  {took[-1]:.0f} s  "
              f"{(left - 1) * statistics.mean(took) / 60:.0f} min left", flush=True)  # fmt: skip


def begun(options: argparse.Namespace) -> tuple[Plan, dict[TrialKey, dict[str, Any]]]:
    """Return the plan and the finished trials of the results file, or a new plan."""
    lines = options.results.read_bytes().splitlines() if options.results.exists() else []
    if not lines:
        return Plan(options.epochs, options.held_out, options.rows), {}
    plan = msgspec.convert(json.loads(lines[0])["plan"], Plan)
    trials = [json.loads(line) for line in lines[1:]]
    print(f"{options.results} has {len(trials)} trials; its plan holds: {plan}")
    return plan, {(each["dataset"], each["contender"], each["seed"]): each for each in trials}


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compares the chosen hyperparameters with others'")
    parser.add_argument("--datasets", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--part", choices=("explore", "confirm"), help="only these datasets")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--grid", nargs="*", type=float, default=[], help="factors of auto's rate")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--held-out", type=int, default=48, help="rows")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--rows", type=int, help="training rows of every dataset")
    length.add_argument("--budget-minutes", type=float, help="choose the rows by the time")
    parser.add_argument("--results", type=Path, default=FOLDER / "defaults.jsonl")
    options = parser.parse_args()
    if options.part:
        parts = {name: SOURCES[name].part for name in options.datasets}
        options.datasets = [name for name, part in parts.items() if part == options.part]
    if options.rows is None and options.budget_minutes is None:
        options.rows = 200
    options.grid = [factor for factor in options.grid if factor != 1]
    return options


def main() -> None:
    """Compare, and print the figures."""
    options = parsed()
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = demo_model.provide(FOLDER, print)
    plan, done = begun(options)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(options, model, Path(scratch), plan, done)
        compare(bench, options.results)
    parts = {part: summarised(bench.results(part)) for part in ("explore", "confirm")}
    repeats = max((each.seed for each in bench.results()), default=0)
    machine = {"machine": processor(), "repeats": repeats}
    print(json.dumps({**summarised(bench.results()), "parts": parts, **machine}))


if __name__ == "__main__":
    main()
