"""`python -m localcloud check FILE`: shows how the file is read, without starting anything.

The product's own program prepares the file in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from localcloud.cli.dataset_summary import dataset_text
from localcloud.service import LocalCloudError
from localcloud.stack.template import TEMPLATE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from localcloud.cli.run_documents import Document

FUNCTIONS = TEMPLATE.parent / "functions"
PROGRAM = "prepare.check"


def check_file(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Print how the file is read; returns 0 when it can be trained on, else 1.

    Raises LocalCloudError when the program fails.
    """
    command = [sys.executable, "-m", PROGRAM, str(options.file.resolve())]
    command += ["--recipe", str(options.recipe.resolve())] if options.recipe else []
    command += ["--out", str(options.out.resolve())] if options.out else []
    environment = os.environ | {"PYTHONPATH": str(FUNCTIONS)}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise LocalCloudError(f"the check failed: {done.stderr.decode(errors='replace')}")
    answer: Document = json.loads(done.stdout)
    say(json.dumps(answer, indent=2) if options.json else check_text(answer))
    return 0 if "dataset" in answer else 1


def check_text(answer: Document) -> str:
    """Return what the program has found, for people."""
    if "dataset" in answer:
        return dataset_text(answer["dataset"])
    if "question" in answer:
        return "\n".join(_question(answer["question"]))
    return "\n".join(_error(answer["error"]))


def _error(error: Document) -> Iterator[str]:
    yield f"error:      {error['message']}"
    for problem in error.get("problems", []):
        yield f"            {problem['rows']:,} {problem['meaning']}"
        yield f"            {problem['place']}: {problem['message']} {problem['fix']}".rstrip()
    yield f"to do:      {error['remedy']}"


def _question(question: Document) -> Iterator[str]:
    yield f"doubtful:   {question['doubt']}"
    yield "            A run would ask by email and wait. Choose a reading with its recipe.yaml."
    for at, reading in enumerate(question["readings"], 1):
        yield f"\nreading {at}:  it learns {reading['learns']}"
        for row in reading["rows"]:
            texts = (f"{each['name']}: {' '.join(each['text'].split())}" for each in row["texts"])
            yield f"row {row['row']}:".ljust(12) + " | ".join(texts)
        yield "recipe.yaml:"
        yield "\n".join(f"            {line}" for line in reading["recipe"].splitlines())
    if question["unused"]:
        listed = "; ".join(f"{each['name']} ({each['example']!r})" for each in question["unused"])
        yield f"\nnot used:   {listed}"
