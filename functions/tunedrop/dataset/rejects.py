"""rejected.jsonl: every row that was not used, with the place and the reason."""

from collections import Counter
from typing import BinaryIO

import msgspec

from tunedrop.dataset.document import Rejected
from tunedrop.dataset.record import Record, RowError
from tunedrop.errors import DatasetError

MOST_PROBLEMS = 10


class Rejects:
    """Rejected rows, their `reasons` counted and an example of each; `waiting` is to be written."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.reasons: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

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
        if error.reason not in self.examples:
            place = f"line {record.line}" if record.line else f"row {record.row}"
            self.examples[error.reason] = f"{place}: {error.message}"

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

    def as_error(self, name: str, usable: int, needed: int) -> DatasetError:
        """Return the error of a file that leaves too few rows, with the commonest problems."""
        problems = [
            f"{count} x {reason} (for example {self.examples[reason]})"
            for reason, count in self.reasons.most_common(MOST_PROBLEMS)
        ]
        found = " Problems: " + "; ".join(problems) + "." if problems else ""
        return DatasetError(
            f"{name} leaves {usable} usable rows; at least {needed} are needed.{found}",
            "Correct the rows (rejected.jsonl lists every one) or add more, and drop it again.",
        )
