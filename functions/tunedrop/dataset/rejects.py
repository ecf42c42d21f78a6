"""rejected.jsonl: every row that was not used, with the place and the reason."""

from collections import Counter
from typing import BinaryIO

import msgspec

from tunedrop.dataset.document import Rejected
from tunedrop.dataset.record import Record, RowError
from tunedrop.errors import DatasetError

MOST_PROBLEMS = 10


class Rejects:
    """Writes rejected rows, counts their reasons and keeps an example of each."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.reasons: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def add(self, record: Record, error: RowError) -> None:
        """Write one row down."""
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
        self._file.write(msgspec.json.encode(rejected) + b"\n")
        self.reasons[error.reason] += 1
        if error.reason not in self._examples:
            place = f"line {record.line}" if record.line else f"row {record.row}"
            self._examples[error.reason] = f"{place}: {error.message}"

    def total(self) -> int:
        """Return how many rows were rejected."""
        return self.reasons.total()

    def as_error(self, name: str, usable: int, needed: int) -> DatasetError:
        """Return the error of a file that leaves too few rows, with the commonest problems."""
        problems = [
            f"{count} x {reason} (for example {self._examples[reason]})"
            for reason, count in self.reasons.most_common(MOST_PROBLEMS)
        ]
        found = " Problems: " + "; ".join(problems) + "." if problems else ""
        return DatasetError(
            f"{name} leaves {usable} usable rows; at least {needed} are needed.{found}",
            "Correct the rows (rejected.jsonl lists every one) or add more, and drop it again.",
        )
