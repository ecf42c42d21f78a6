"""What the examination of some rows has found, in columns that can cross a process boundary."""

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
    """The rows of a chunk that passed, and what was seen on the way.

    `encoded` are the lines of the split files one after the other, without a system prompt of
    ours. Of each line tell the columns: `rows` its number in the source, `lines` the physical line
    (0: the format has none), `sizes` its bytes, `characters` those of its messages, `candidates`
    the keys by which twins are looked for, `families` the keys of the `group_by` column (0: empty;
    no column without `group_by`). `answers` are the answers, or None when one can be no label.
    `seen` counts all rows, also the rejected ones.
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
    families: array[int] = field(default_factory=partial(array, "Q"))
    answers: list[str] | None = field(default_factory=list)
    rejects: Rejects = field(default_factory=Rejects)
    findings: Findings = field(default_factory=Findings)
    spoken: list[Spoken] = field(default_factory=list)

    def add_answer(self, answer: str | None, longest: int) -> None:
        """Note an answer as long as all could be labels; None when it cannot."""
        if self.answers is not None:
            if answer is not None and len(answer) <= longest:
                self.answers.append(answer)
            else:
                self.answers = None
