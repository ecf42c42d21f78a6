"""Prepare a large chat file side by side: Tunedrop, Hugging Face `datasets`, a plain json loop.

    python benchmarks/prepare.py [--megabytes 200] [--small 50]

Each contender reads, validates, normalises, drops exact duplicates, splits and writes the same
generated file, in a process of its own on one core. Compared are CPU seconds, which other
programs on the machine disturb least, and peak memory. Prints one JSON object with the ratios;
compare those, not the seconds.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from benchmarks import contenders  # noqa: E402 - the path must be known first

DUPLICATES = 0.05  # share of the rows that repeat an earlier one


def generate(path: Path, megabytes: int) -> int:
    """Write chat rows of 300 to 4,000 characters; return how many."""
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
                if len(earlier) < 1_000:  # noqa: PLR2004 - enough to repeat
                    earlier.append(line)
            written += file.write(line)
            rows += 1
    return rows


def _messages(chance: random.Random, words: list[str]) -> list[dict[str, str]]:
    def prose(least: int, most: int) -> str:
        count = chance.randint(least, most)
        return " ".join(chance.choices(words, k=count)).capitalize() + chance.choice(".?!;:,.?!.é")

    turns = [("system", 5, 20), ("user", 10, 150), ("assistant", 30, 450)]
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
    """Be that process: pin to one core, work, tell CPU seconds and peak memory."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    kept = getattr(contenders, contender)(Path(source), Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime
    print(json.dumps({"kept": kept, "seconds": seconds, "peak_kb": used.ru_maxrss}))


def compare(megabytes: int, small: int) -> dict[str, Any]:
    """Return every figure of the comparison."""
    with tempfile.TemporaryDirectory() as folder:
        large_file, small_file = Path(folder, "large.jsonl"), Path(folder, "small.jsonl")
        rows, few = generate(large_file, megabytes), generate(small_file, small)
        names = ("tunedrop_basic", "tunedrop_full", "stdlib", "hf_datasets")
        large = {name: measured(name, large_file) for name in names}
        little = {name: measured(name, small_file) for name in names[:2]}
    seconds = {name: large[name]["seconds"] for name in names}
    return {
        "rows": rows,
        "megabytes": megabytes,
        "kept": {name: large[name]["kept"] for name in names},
        "megabytes_a_second": {name: round(megabytes / seconds[name], 1) for name in names},
        "basic_to_datasets": round(seconds["hf_datasets"] / seconds["tunedrop_basic"], 2),
        "basic_to_stdlib": round(seconds["stdlib"] / seconds["tunedrop_basic"], 2),
        "full_to_datasets": round(seconds["hf_datasets"] / seconds["tunedrop_full"], 2),
        "bytes_a_further_row": {
            name: round((large[name]["peak_kb"] - little[name]["peak_kb"]) * 1024 / (rows - few))
            for name in names[:2]
        },
        "peak_mb": {name: large[name]["peak_kb"] >> 10 for name in names},
    }


def main() -> None:
    """Read the arguments and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--small", type=int, default=50)
    parser.add_argument("--run", nargs=3, metavar=("CONTENDER", "SOURCE", "FOLDER"))
    arguments = parser.parse_args()
    if arguments.run:
        run(*arguments.run)
    else:
        print(json.dumps(compare(arguments.megabytes, arguments.small), indent=1))


if __name__ == "__main__":
    main()
