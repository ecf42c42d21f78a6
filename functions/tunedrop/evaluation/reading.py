"""From rows and answers to what is scored: units, answers as read, and rows answered in form."""

from collections.abc import Sequence

import msgspec

from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.dataset import LIKELIHOOD_TASKS, Task
from tunedrop.documents.rows import Row, read_row
from tunedrop.evaluation.scoring.labels import UNPARSED
from tunedrop.evaluation.scoring.likelihood import LikelihoodRow
from tunedrop.evaluation.scoring.tasks import ReadAll
from tunedrop.evaluation.scoring.tool_calls import read_calls
from tunedrop.evaluation.statistics.units import Units, units_of


def read_rows(split: bytes, task: Task) -> list[Row]:
    """Return the rows of a split file as the task's metrics need them."""
    lines = split.splitlines()
    if task in LIKELIHOOD_TASKS:
        return [LikelihoodRow.of(read_row(line)) for line in lines]
    return [msgspec.json.decode(line, type=Row) for line in lines]


def unit_keys(rows: Sequence[Row]) -> list[int]:
    """Return a key for each row, equal for the rows that count as one unit.

    These are the rows of a cluster that preparation wrote, the rows with the same prompt, and
    several answers to the same row.
    """
    first: dict[str, int] = {}
    return [
        first.setdefault("\n".join(f"{turn.role}: {turn.text}" for turn in row.prompt), row.row)
        if row.cluster is None
        else row.cluster
        for row in rows
    ]


def units_for(rows: Sequence[Row]) -> Units:
    """Return which of these rows, or answers to rows, count as one unit."""
    numbers = [row.row for row in rows]
    return units_of(unit_keys(rows), numbers if len(set(numbers)) < len(numbers) else ())


def texts_of(answers: Sequence[Answer]) -> list[str]:
    """Return the answers' texts."""
    return [answer.text for answer in answers]


def reader_of(rows: Sequence[Row], read: ReadAll) -> ReadAll:
    """Return a function that reads one answer to each row; tool calls are read as such."""

    def read_all(answers: Sequence[str]) -> list[str]:
        return [
            read_calls(answer) if row.calls else found
            for row, answer, found in zip(rows, answers, read(answers), strict=True)
        ]

    return read_all


def rows_in_form(answers: Answers, labels_given: Sequence[Sequence[str]]) -> list[int]:
    """Return the rows on which no answer was cut at max_tokens or could not be read."""
    return [
        at
        for at, pair in enumerate(zip(answers.base, answers.tuned, strict=True))
        if all(answer.finish_reason != "length" for answer in pair)
        and all(given[at] != UNPARSED for given in labels_given)
    ]
