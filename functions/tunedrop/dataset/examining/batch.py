"""The result of examining some rows, as columns that can be sent between processes."""

from __future__ import annotations  # an array has no type parameter before Python 3.12

from array import array
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.examining.rejects import Rejects

if TYPE_CHECKING:
    from tunedrop.dataset.checks.language import Spoken
    from tunedrop.dataset.readers.record import SplitName


@dataclass(slots=True)
class Batch:
    """The rows of a chunk that passed the checks, and the rejected rows and findings.

    `encoded` holds the lines of the split files, without the system prompt that is added later. The
    columns have one value for each line: `rows` is its number in the source, `lines` the physical
    line (0 if the format has none), `sizes` its bytes, `characters` those of its messages,
    `candidates` the key to find duplicates, `group_values` the key of the group's value (0 if it
    is empty; the column is empty if no rows are grouped). `answers` are the answers, or None when
    one of them cannot be a label. `seen` counts all rows, also the rejected ones.
    """

    file: str | None = None
    split: SplitName | None = None
    seen: int = 0
    encoded: bytearray = field(default_factory=bytearray)
    rows: array[int] = field(default_factory=partial(array, "I"))
    lines: array[int] = field(default_factory=partial(array, "I"))
    sizes: array[int] = field(default_factory=partial(array, "I"))
    characters: array[int] = field(default_factory=partial(array, "I"))
    candidates: array[int] = field(default_factory=partial(array, "Q"))
    group_values: array[int] = field(default_factory=partial(array, "Q"))
    answers: list[str] | None = field(default_factory=list)
    rejects: Rejects = field(default_factory=Rejects)
    findings: Findings = field(default_factory=Findings)
    spoken: list[Spoken] = field(default_factory=list)

    def add_answer(self, answer: str | None, longest: int) -> None:
        """Add an answer, as long as all of them could be labels; None cannot be one."""
        if self.answers is not None:
            if answer is not None and len(answer) <= longest:
                self.answers.append(answer)
            else:
                self.answers = None
