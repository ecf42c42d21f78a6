"""Compares Tunedrop's trainer with TRL's, on the same adapter and this processor.

    make demo ARGS="--until prepared"      # gets the model and the tweets into .local/demo
    .venv/bin/python benchmarks/train.py [--rows 64] [--repeats 3] [--beside trl_best …]

Every contender has the same rows, batches of 8, LoRA of rank 16 on all linear layers, learning
rate and seed. Each runs in a process of its own, in turns:

    tunedrop            what the training container does
    trl_defaults        SFTTrainer as documented: float32 weights, bfloat16 autocast, recomputed
                        activations, padding (and `use_cpu`, without which it refuses a CPU)
    trl_float32         the same with `bf16=False`
    trl_best            TRL with its fastest options: the faster number type, nothing
                        recomputed, rows without padding (`padding_free`)

The figures are the rows' tokens per second (padding does not count, and the first step is left
out) and the loss on held-out rows after the same number of steps. A contender that takes more than
STEP_LIMIT seconds for a step is stopped after its second step, runs in the first round only and has
no loss. The program prints a line for each run and, as the last line, one JSON object with the
ratios of the medians.
"""

import argparse
import csv
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "functions"), str(ROOT / "training_container")]

import library_environment  # noqa: E402  sets the number of threads before torch is imported

SYSTEM = (
    "Classify the text into exactly one of these labels: negative, neutral, positive. "
    "Answer with the label only."
)
HELD_OUT = 64
"""The number of rows for the loss at the end."""

LIBRARY_SPIN = "300000"
"""GNU OpenMP's own default, which TRL runs with; Tunedrop's container shortens it."""

NAMES = ("tunedrop", "trl_best", "trl_float32", "trl_defaults")


def read_rows(tweets: Path, count: int) -> list[dict[str, Any]]:
    """Draw ASCII tweets, the same ones on each call, as rows of a split file."""
    with tweets.open(encoding="latin-1", newline="") as file:
        usable = [line for line in csv.DictReader(file) if line["text"].isascii()]
    drawn = random.Random(17).sample(usable, count)  # noqa: S311  no secret
    return [
        {
            "row": number,
            "prompt": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": line["text"].strip()},
            ],
            "completion": [{"role": "assistant", "content": line["sentiment"]}],
        }
        for number, line in enumerate(drawn, start=1)
    ]


def measured(name: str, options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    command = [sys.executable, __file__, "--run", name, "--folder", folder]
    command += ["--model", str(options.model), "--rows", str(options.rows)]
    command += ["--tweets", str(options.tweets)]
    environment = {**os.environ, "HF_HOME": folder, "PYTHONWARNINGS": "ignore"}
    if name != "tunedrop":
        environment["GOMP_SPINCOUNT"] = LIBRARY_SPIN
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=environment)
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def run(options: argparse.Namespace) -> None:
    """Run one contender in this process, and print its figures."""
    from benchmarks import train_contenders  # noqa: PLC0415  imports torch, which takes seconds

    rows = read_rows(options.tweets, options.rows + HELD_OUT)
    figures = train_contenders.train(
        options.run, options.model, rows[:-HELD_OUT], rows[-HELD_OUT:], Path(options.folder)
    )
    print(json.dumps(figures))


def processor() -> str:
    """Name the processor, with the limit that PyTorch has for its instructions."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), name)
    limit = os.environ.get("ATEN_CPU_CAPABILITY")
    limited = f", limited to {limit}" if limit else ""
    return f"{name}, {library_environment.usable_cores()} cores{limited}"


def compare(options: argparse.Namespace) -> None:
    """Run all contenders in turns and print the ratios."""
    names = ("tunedrop", *options.beside)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for repeat in range(options.repeats):
        for name in names:
            if found[name] and found[name][0]["held_out_loss"] is None:
                continue  # it was too slow, and has run once
            with tempfile.TemporaryDirectory() as folder:
                figures = measured(name, options, folder)
            found[name].append(figures)
            print(f"round {repeat + 1}  {name:14}  {json.dumps(figures)}", flush=True)
    speed = {
        name: statistics.median(run["tokens_per_second"] for run in runs)
        for name, runs in found.items()
    }
    print(
        json.dumps(
            {
                "ratios": {
                    f"tunedrop_to_{name}": round(speed["tunedrop"] / speed[name], 2)
                    for name in options.beside
                },
                "tokens_per_second": {name: round(value, 1) for name, value in speed.items()},
                "held_out_loss": {name: runs[0]["held_out_loss"] for name, runs in found.items()},
                "machine": processor(),
                "repeats": options.repeats,
            }
        )
    )


def main() -> None:
    """Read the command line."""
    demo = ROOT / ".local/demo"
    parser = argparse.ArgumentParser(description="Compares Tunedrop's trainer with TRL's")
    parser.add_argument("--model", type=Path, default=demo / "model")
    parser.add_argument("--tweets", type=Path, default=demo / "tweets.csv")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--beside", nargs="+", choices=NAMES[1:], default=NAMES[1:])
    parser.add_argument("--run", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if missing := [path for path in (options.model, options.tweets) if not path.exists()]:
        parser.error(f"{missing[0]} is missing: `make demo` leaves it there")
    run(options) if options.run else compare(options)


if __name__ == "__main__":
    main()
