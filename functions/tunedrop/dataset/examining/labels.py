"""Decide whether the answers are labels, and collect the labels."""

import re
from array import array
from collections import Counter
from decimal import Decimal
from itertools import compress
from typing import Literal

from tunedrop.dataset.shapes.content import MOST_LABELS
from tunedrop.documents.dataset import AnswerTask, Task

LEAST_REPEATS = 5  # Short answers are labels if they have at least this many rows on average.


class Labels:
    """Numbers the distinct answers, as long as they could be labels."""

    def __init__(self, *, possible: bool = True) -> None:
        self._numbers: dict[str, int] = {}
        self._kept: bytes | bytearray = b""
        self.of_row = array("H")
        self.possible = possible

    def extend(self, answers: list[str] | None) -> None:
        """Add the next rows' answers; None when one of them is too long for a label."""
        if not self.possible:
            return
        numbers = self._numbers
        for answer in answers or ():
            numbers.setdefault(answer, len(numbers))
        if answers is None or len(numbers) > MOST_LABELS:
            self.possible = False
            self.of_row = array("H")
            self._numbers = {}
        else:
            self.of_row.extend([numbers[answer] for answer in answers])

    def count_only(self, kept: bytes | bytearray) -> None:
        """Count only the rows that are marked with 1 in `task` and `counts`."""
        self._kept = kept

    @property
    def names(self) -> list[str]:
        """All labels and their other spellings, in the order of their first row."""
        return list(self._numbers)

    def task(self, wanted: Task | Literal["auto"], *, labelled: bool) -> AnswerTask:
        """Return the task: few distinct short answers are labels, unless the recipe decides.

        Args:
            wanted: the recipe's task; one that these rows cannot be for counts as `auto`.
            labelled: whether the shape has a column of labels.
        """
        if wanted in ("generation", "extraction", "multilabel", "sql"):
            return wanted
        if not self.possible:
            return "generation"
        if wanted == "classification":
            return wanted
        rows = sum(self._kept)
        repeats = 2 if labelled else LEAST_REPEATS
        few = len(self._numbers) * repeats <= rows
        return "classification" if few else "generation"

    def merge_spellings(self) -> dict[str, str]:
        """Merge the spellings of one label into the most frequent one (see `_plain`).

        Returns:
            For each other spelling, the label that replaces it.
        """
        names = self.names
        counts = Counter({names[n]: rows for n, rows in Counter(self.of_row).items()})
        best: dict[str | Decimal, str] = {}
        for name in sorted(counts, key=lambda name: (-counts[name], name)):
            best.setdefault(_plain(name), name)
        merged = {name: best[_plain(name)] for name in counts if best[_plain(name)] != name}
        if merged:
            numbers = [self._numbers[merged.get(name, name)] for name in self.names]
            self.of_row = array("H", (numbers[number] for number in self.of_row))
        return merged

    def counts(self) -> Counter[str]:
        """Return how many rows have each label."""
        names = self.names
        counts = Counter(compress(self.of_row, self._kept))
        return Counter({names[number]: count for number, count in counts.items()})


# A number with leading zeros is a code, such as a postal code.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def _plain(name: str) -> str | Decimal:
    """Return what is equal for all spellings of a label.

    They differ in case, in white space and in one final full stop or comma only, because a sign
    may make another label: -1 and 1, C++ and C#, >50K and <=50K. Numbers are compared by value.
    """
    text = "".join(name.casefold().split())
    text = text[:-1] if text.endswith((".", ",")) else text
    return Decimal(text) if _NUMBER.fullmatch(text) else text or name


def default_system_prompt(labels: list[str]) -> str:
    """Return the instruction for both the base model and the tuned model."""
    listed = ", ".join(labels)
    return (
        f"Classify the text into exactly one of these labels: {listed}. Answer with the label only."
    )
