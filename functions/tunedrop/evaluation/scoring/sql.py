"""SQL answers: their text in one spelling, and what they return on a database.

The tables come from the prompt. Where it has no rows, the sandbox makes some, with the values that
the right query compares columns with. Two queries that return the same rows on three such databases
count as the same (a small test suite: Zhong, Yu and Klein, "Semantic evaluation for text-to-SQL
with distilled test suites", EMNLP 2020). The order of rows counts only if the right query has an
ORDER BY.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tunedrop.documents.rows import Row
from tunedrop.evaluation.scoring import sql_sandbox

START_SECONDS = 30.0  # Time for the sandbox to start, at most.
KEPT = ("LD_LIBRARY_PATH",)  # Of the environment: where Lambda's Python finds its libraries.
APART = "\x1f"  # Between the text and the digest of an answer as read.
_FENCE = re.compile(r"```(?:sql)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\s+|[^\s'\"]+")


def sql_reader(rows: Sequence[Row]) -> Callable[[Sequence[str]], list[str]]:
    """Return a function that reads one answer to each row: its query, and a digest of its results.

    The digest is empty when the query fails. When it returns nothing on every database, the digest
    is the query itself, so that two queries without results are the same only if they look alike.
    """
    tables = [list(sql_sandbox.statements(_asked(row))) for row in rows]
    right = [query_of(row.answer) for row in rows]

    def read(answers: Sequence[str]) -> list[str]:
        queries = [query_of(answer) for answer in answers]
        jobs = [
            {"tables": own, "right": gold, "query": query}
            for own, gold, query in zip(tables, right, queries, strict=True)
        ]
        digests = run_in_sandbox(jobs)
        return [
            f"{spelled(query)}{APART}{spelled(query) if found == '' else found or ''}"
            for query, found in zip(queries, digests, strict=True)
        ]

    return read


def query_of(answer: str) -> str:
    """Return the query in an answer: the content of a code fence, or all of it."""
    fenced = _FENCE.search(answer)
    return (fenced.group(1) if fenced else answer).strip().rstrip(";").strip()


def spelled(query: str) -> str:
    """Return a query with single spaces and in lower case, except inside quotes."""
    parts = (
        " " if part.isspace() else part if part[0] in "'\"" else part.lower()
        for part in _TOKEN.findall(query)
    )
    return "".join(parts)


def same_query(prediction: str, gold: str) -> float:
    """Return 1 when both queries are spelled alike, else 0."""
    return float(prediction.partition(APART)[0] == gold.partition(APART)[0])


def same_results(prediction: str, gold: str) -> float:
    """Return 1 when both queries return the same rows, else 0; alike queries always do."""
    if same_query(prediction, gold):
        return 1.0
    mine, right = prediction.partition(APART)[2], gold.partition(APART)[2]
    return float(mine == right != "")


def run_in_sandbox(jobs: Sequence[Mapping[str, object]]) -> list[str | None]:
    """Return the digest of each job's results, None for a job that failed or took too long."""
    found: list[str | None] = []
    while len(found) < len(jobs):
        found += _run(jobs[len(found) :])
        if len(found) < len(jobs):
            found.append(None)  # The sandbox ended at this job.
    return found


def _run(jobs: Sequence[Mapping[str, object]]) -> list[str | None]:
    """Return the digests until the sandbox ended."""
    limit = START_SECONDS + (sql_sandbox.SECONDS + 1) * len(jobs)
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        ended = subprocess.run(
            [sys.executable, "-I", str(Path(sql_sandbox.__file__))],
            input=json.dumps(jobs).encode(),
            capture_output=True,
            timeout=limit,
            check=False,
            env=environment,
        )
        output = ended.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
    *lines, _incomplete = output.split(b"\n")
    return [json.loads(line) for line in lines]


def _asked(row: Row) -> str:
    return "\n".join(turn.text for turn in row.prompt)
