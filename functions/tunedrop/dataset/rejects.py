"""rejected.jsonl: every row that was not used, with the place and the reason."""

from collections import Counter
from typing import BinaryIO

import msgspec

from tunedrop.dataset.checks.private import redacted
from tunedrop.dataset.reasons import REASONS, REMEDIES
from tunedrop.dataset.record import Record, RowError
from tunedrop.documents.rows import Rejected
from tunedrop.errors import Problem

LONGEST_EXCERPT = 120  # characters of an example row
LONGEST_MESSAGE = 240  # characters; a message may quote a value of any length


class Rejects:
    """Rejected rows, their `reasons` counted and an example of each; `waiting` is to be written."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.reasons: Counter[str] = Counter()
        self.examples: dict[str, Rejected] = {}

    def add(self, record: Record, error: RowError) -> None:
        """Note one row."""
        rejected = Rejected(
            reason=error.reason,
            message=error.message,
            row=record.row,
            file=record.file,
            line=record.line,
            column=error.column,
            fix=error.fix,
            content=record.content,
        )
        self.waiting += msgspec.json.encode(rejected) + b"\n"
        self.reasons[error.reason] += 1
        self.examples.setdefault(error.reason, rejected)

    def take(self, later: "Rejects") -> None:
        """Add what was rejected of later rows."""
        self.waiting += later.waiting
        self.reasons.update(later.reasons)
        self.examples = later.examples | self.examples

    def write(self, file: BinaryIO) -> None:
        """Write down what was not yet written."""
        file.write(self.waiting)
        self.waiting.clear()

    def total(self) -> int:
        """Return how many rows were rejected."""
        return self.reasons.total()

    def problems(self, name: str) -> list[Problem]:
        """Return what is wrong with the rows, the commonest fault first.

        Args:
            name: the file that a row stands in, where the row does not say.
        """
        return [
            _problem(count, self.examples[reason], name)
            for reason, count in self.reasons.most_common()
        ]


def _problem(rows: int, example: Rejected, name: str) -> Problem:
    line = f"line {example.line}" if example.line else f"row {example.row}"
    return Problem(
        rows=rows,
        meaning=REASONS[example.reason],
        place=f"{line} of {example.file or name}",
        message=shown(example.message, LONGEST_MESSAGE),
        excerpt=shown(example.content or "", LONGEST_EXCERPT),
        fix=example.fix or REMEDIES[example.reason],
    )


def shown(text: str, longest: int) -> str:
    """Return the beginning of a text in one line, fit for an email: nothing private in it."""
    visible = (char if char.isprintable() else " " for char in redacted(text))
    line = " ".join("".join(visible).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
