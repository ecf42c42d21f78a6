"""Compares Tunedrop, Hugging Face `datasets` and a plain json loop on a large chat file.

    python benchmarks/prepare.py [--megabytes 200] [--small 50] [--repeats 3]

Each contender reads, validates, normalises, drops exact duplicates, splits and writes the same
generated file, in a process of its own on one core, in turns. The figures are peak memory and CPU
seconds, imports included; other programs on the machine disturb CPU seconds least. A ratio is the
median over the rounds. The program prints the figures and, as the last line, one JSON object with
the ratios. Compare ratios between machines, not seconds.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from benchmarks import contenders  # noqa: E402 - the path must be known first

DUPLICATES = 0.05  # The share of the rows that repeat an earlier one.
BROKEN_LINES = 0.2  # The share of the messages with a line feed, which JSON escapes.
NAMES = ("tunedrop_basic", "tunedrop_full", "stdlib", "hf_datasets")


def generate(path: Path, megabytes: int) -> int:
    """Write chat rows of 300 to 3,500 characters; return how many."""
    chance = random.Random(7)  # noqa: S311 - a benchmark's file is no secret
    words = [
        "".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randint(2, 9)))
        for _ in range(8_000)
    ]
    earlier: list[str] = []
    rows = written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < megabytes << 20:
            if earlier and chance.random() < DUPLICATES:
                line = chance.choice(earlier)
            else:
                line = json.dumps({"messages": _messages(chance, words)}, ensure_ascii=False) + "\n"
                if len(earlier) < 1_000:  # noqa: PLR2004 - enough rows to repeat
                    earlier.append(line)
            written += file.write(line)
            rows += 1
    return rows


def _messages(chance: random.Random, words: list[str]) -> list[dict[str, str]]:
    def prose(least: int, most: int) -> str:
        count = chance.randint(least, most)
        between = "\n" if chance.random() < BROKEN_LINES else " "
        text = " ".join(chance.choices(words, k=count - 1)) + between + chance.choice(words)
        return text.capitalize() + chance.choice(".?!;:,.?!.é")

    turns = [("system", 5, 20), ("user", 10, 120), ("assistant", 20, 360)]
    return [{"role": role, "content": prose(least, most)} for role, least, most in turns]


def measured(contender: str, source: Path) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--run", contender, str(source), folder]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HOME": folder, "TQDM_DISABLE": "1"}
        answer = subprocess.run(
            command, capture_output=True, check=True, text=True, env=environment
        )
        found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
        return found


def run(contender: str, source: str, folder: str) -> None:
    """Run one contender in this process, on one core; print CPU seconds and peak memory."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    before = resource.getrusage(resource.RUSAGE_SELF)
    kept = getattr(contenders, contender)(Path(source), Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"kept": kept, "seconds": seconds, "peak_kb": used.ru_maxrss}))


def compare(megabytes: int, small: int, repeats: int) -> dict[str, Any]:
    """Return every figure of the comparison."""
    with tempfile.TemporaryDirectory() as folder:
        large_file, small_file = Path(folder, "large.jsonl"), Path(folder, "small.jsonl")
        rows, few = generate(large_file, megabytes), generate(small_file, small)
        rounds = [{name: measured(name, large_file) for name in NAMES} for _ in range(repeats)]
        little = {name: measured(name, small_file) for name in NAMES[:2]}
    kept = {found["kept"] for round_ in rounds for found in round_.values()}
    if len(kept) > 1:
        raise SystemExit(f"the contenders kept different rows: {kept}")

    def middle(name: str, figure: str) -> float:
        return statistics.median([float(round_[name][figure]) for round_ in rounds])

    return {
        "rows": rows,
        "kept": kept.pop(),
        "megabytes_a_second": {
            name: round(megabytes / middle(name, "seconds"), 1) for name in NAMES
        },
        "peak_mb": {name: round(middle(name, "peak_kb") / 1024) for name in NAMES},
        "bytes_a_further_row": {
            name: round((middle(name, "peak_kb") - little[name]["peak_kb"]) * 1024 / (rows - few))
            for name in NAMES[:2]
        },
        "ratios": {
            "basic_to_datasets": _ratio(rounds, "hf_datasets", "tunedrop_basic"),
            "basic_to_stdlib": _ratio(rounds, "stdlib", "tunedrop_basic"),
            "full_to_datasets": _ratio(rounds, "hf_datasets", "tunedrop_full"),
        },
    }


def _ratio(rounds: list[dict[str, Any]], slower: str, faster: str) -> float:
    ratios = [float(one[slower]["seconds"] / one[faster]["seconds"]) for one in rounds]
    return round(statistics.median(ratios), 2)


def main() -> None:
    """Read the arguments and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--small", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--run", nargs=3, metavar=("CONTENDER", "SOURCE", "FOLDER"))
    arguments = parser.parse_args()
    if arguments.run:
        run(*arguments.run)
        return
    found = compare(arguments.megabytes, arguments.small, arguments.repeats)
    ratios = found.pop("ratios")
    print(json.dumps(found, indent=1))
    bytes_a_row = {f"{name}_bytes_a_row": n for name, n in found["bytes_a_further_row"].items()}
    print(
        json.dumps(
            {
                "ratios": {**ratios, **bytes_a_row},
                "machine": _machine(),
                "repeats": arguments.repeats,
            }
        )
    )


def _machine() -> str:
    """Return the processor's name, where the system tells it, and the number of cores."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
