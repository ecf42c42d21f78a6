"""Any number of processes writes the same bytes; a process that dies is reported as an error."""

import json
import os
import random
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare
from tunedrop.dataset.examining.examine import Examination
from tunedrop.dataset.examining.workers import WorkerError, examined
from tunedrop.dataset.readers.record import Chunk
from tunedrop.documents.dataset import Columns
from tunedrop.recipe.schema import Recipe

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "jota", "kappa"]


def mixed_chat(rows: int) -> str:
    """Return rows of many kinds: good, repeated, nearly equal, secret, broken, blank, German."""
    chance = random.Random(5)  # noqa: S311 - the same rows on every run
    lines = []
    for n in range(rows):
        asked = f"{' '.join(chance.choices(WORDS, k=12))} number {n % 400}"
        answer = "ja, das ist es, und nicht der andere von mir" if n % 9 == 0 else f"it is {n}"
        turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
        lines.append(json.dumps({"messages": turns}))
        if n % 17 == 0:
            lines += ['{"messages": [', "", json.dumps({"messages": turns}).upper()]
        if n % 23 == 0:
            lines.append(lines[n // 2])
        if n % 31 == 0:
            secret = {"role": "user", "content": f"my key is AKIA{'ABCDEFGH' * 2} and {n}"}
            lines.append(json.dumps({"messages": [secret, turns[1]]}))
    return "\n".join(lines)


def table(rows: int) -> str:
    lines = [
        f"this is sentence {n % 700},{'good' if n % 3 else 'bad'},{n % 50}" for n in range(rows)
    ]
    return "text,label,customer\n" + "\n".join(lines) + "\n,good,1\n"


@pytest.mark.parametrize(
    ("content", "name", "recipe"),
    [
        (mixed_chat(900), "chat.jsonl", {}),
        (mixed_chat(900), "chat.jsonl", {"checks": "basic"}),
        (table(1_000), "table.csv", {"split": {"group_by": "customer"}}),
    ],
)
def test_two_and_three_processes_write_the_same_bytes_as_one(
    content: str, name: str, recipe: dict[str, Any]
) -> None:
    # When
    document, sink = prepare(content, name, **recipe)

    # Then
    assert document.rows.rejected
    assert document.rows.duplicates
    for processes in (2, 3):
        other, others = prepare(content, name, processes=processes, **recipe)
        assert others.files == sink.files
        assert other == document


def test_a_worker_process_that_dies_raises_an_error() -> None:
    # Given
    columns = Columns("messages", {"messages": "messages"}, "")

    batches = examined(_deadly_chunks(), Examination(Recipe(), columns), 1)
    assert [batch.seen for batch in batches] == [1, 1, 1]  # Nothing ends this process.

    # Then
    with pytest.raises(WorkerError, match="exit code 9"):
        list(examined(_deadly_chunks(), Examination(Recipe(), columns), 2))


def _deadly_chunks() -> list[Chunk]:
    line = json.dumps({"messages": [{"role": "user", "content": "q"}]}).encode()
    return [Chunk(lines=[line]), _Deadly(lines=[line]), Chunk(lines=[line])]


class _Deadly(Chunk):
    """Ends the process that it arrives in."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)
