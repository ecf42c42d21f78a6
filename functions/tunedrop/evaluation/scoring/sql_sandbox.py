"""A program of its own: runs queries that nobody has checked on small SQLite databases.

It reads one JSON document from its input, a list of jobs, and writes one line for each job as soon
as it is done: a digest of the results, or null when the query fails. It imports the standard
library alone. Its limits of time, memory and files are set before the first query, and a query may
only read. A query that takes more than two seconds ends the program; `sql.py` starts another one
for the rest.
"""

import hashlib
import json
import random
import re
import resource
import signal
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from typing import Any

DATABASES = 3  # Different contents on which a query runs; equal results on all count as equal.
ROWS = 24  # In each table that the prompt leaves empty.
MOST_RESULTS = 10_000  # Rows of a result that are compared.
SECONDS = 2  # Of one job.
STEPS = 2_000_000  # Operations of SQLite's machine for one query; about a second.
STEPS_BETWEEN_LOOKS = 10_000
MEMORY = 512 * 1024 * 1024  # Bytes of address space.
LIKELY = 0.6  # How often a column that the right query compares has the value from the query.
READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_COMPARED = re.compile(
    r"(\w+)[\"`\]]?\s*(?:=|<>|!=|<=|>=|<|>|\blike\b)\s*"
    r"('(?:[^']|'')*'|\"[^\"]*\"|-?\d+(?:\.\d+)?)",
    re.IGNORECASE,
)

Table = dict[str, list[tuple[str, str]]]
"""The columns of each table: (name, declared type)."""


def main() -> None:
    """Run the jobs of the input."""
    jobs = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
    for job in jobs:
        signal.alarm(SECONDS)  # Its default action ends the process, also inside SQLite.
        try:
            found = digest(job["tables"], job["right"], job["query"])
        except (sqlite3.Error, sqlite3.Warning, MemoryError, ValueError, OverflowError):
            found = None
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def digest(tables: Sequence[str], right: str, query: str) -> str:
    """Return a digest of the query's results; "" when they are empty on all databases.

    Args:
        tables: CREATE TABLE and INSERT statements.
        right: the right query, whose values appear in generated rows.
        query: the query to run.

    Raises:
        sqlite3.Error: a statement or the query fails, or takes too many steps.
    """
    state, empty = hashlib.sha256(), True
    ordered = re.search(r"\border\s+by\b[^)]*$", right, re.IGNORECASE) is not None
    for seed in range(DATABASES):
        with _database(tables, right, seed) as connection:
            results = [tuple(map(_plain, row)) for row in _run(connection, query)]
        empty = empty and not results
        state.update(repr(results if ordered else sorted(results, key=repr)).encode())
    return "" if empty else state.hexdigest()


def _run(connection: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    looks = 0

    def look() -> int:
        nonlocal looks
        looks += 1
        return int(looks * STEPS_BETWEEN_LOOKS > STEPS)

    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY
    )
    connection.set_progress_handler(look, STEPS_BETWEEN_LOOKS)
    return connection.execute(query).fetchmany(MOST_RESULTS)


def _database(tables: Sequence[str], right: str, seed: int) -> "_Closing":
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA foreign_keys = off")
    for statement in tables:
        connection.execute(statement)
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    values: dict[str, list[str]] = {}
    for column, value in _COMPARED.findall(right):
        values.setdefault(column.lower(), []).append(_unquoted(value))
    chance = random.Random(seed)  # noqa: S311 - no secret
    for name in names:
        quoted = '"' + name.replace('"', '""') + '"'
        if connection.execute(f"SELECT 1 FROM {quoted} LIMIT 1").fetchone():  # noqa: S608  # nosec B608 - quoted
            continue
        columns = [(row[1], row[2]) for row in connection.execute(f"PRAGMA table_info({quoted})")]
        for row in range(ROWS):
            cells = [_cell(column, kind, values, chance, row) for column, kind in columns]
            marks = ", ".join("?" * len(cells))
            connection.execute(f"INSERT OR IGNORE INTO {quoted} VALUES ({marks})", cells)  # noqa: S608
    return _Closing(connection)


class _Closing:
    """A connection that is closed at the end of a block."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _cell(
    column: str, kind: str, values: dict[str, list[str]], chance: random.Random, row: int
) -> Any:
    """Return a value for a cell: one that the right query compares with, or a small one."""
    known = values.get(column.lower())
    number = bool(re.search(r"int|num|dec|real|float|doub|bool", kind, re.IGNORECASE))
    if known and chance.random() < LIKELY:
        value = chance.choice(known)
        if not number:
            return value
        try:
            return (
                float(value) + chance.choice((-1, 0, 0, 1))
                if "." in value
                else (int(value) + chance.choice((-1, 0, 0, 1)))
            )
        except ValueError:
            return value
    return chance.randrange(max(6, row)) if number else chance.choice("abcdef")


def _unquoted(value: str) -> str:
    if value[0] in "'\"":
        inner = value[1:-1].replace("''", "'") if value[0] == "'" else value[1:-1]
        return inner.replace("%", "")
    return value


def _plain(value: Any) -> Any:
    """Return a value as it is compared: whole numbers are equal whatever their type."""
    if isinstance(value, float):
        rounded = round(value, 6)
        return int(rounded) if rounded.is_integer() else rounded
    return value


def statements(text: str) -> Iterator[str]:
    """Yield the CREATE TABLE and INSERT statements of a text."""
    yield from (
        found.group().rstrip("; \n")
        for found in re.finditer(
            r"\b(?:create\s+table\b[^;]*?\((?:[^()]|\([^()]*\))*\)"
            r"|insert\s+into\b(?:'(?:[^']|'')*'|[^;'])*)",
            text,
            re.IGNORECASE,
        )
    )


if __name__ == "__main__":
    main()
