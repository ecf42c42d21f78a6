"""Where the tuned model is weak: its score and gain on parts of the test rows, the worst first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from tunedrop.documents.rows import Row
from tunedrop.documents.slices import Slice
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.languages import language_of
from tunedrop.evaluation.reading import units_for
from tunedrop.evaluation.scoring.kinds import RowMetric
from tunedrop.evaluation.scoring.metrics import ACCURACY
from tunedrop.evaluation.statistics.comparing import Compared, Evidence, compare

FEWEST_ROWS = 20  # A slice with fewer rows has an interval that says nothing.
MOST_LABELS = 12  # Only the commonest labels are slices: each one makes all intervals wider.
LENGTHS = ("short", "medium", "long")
LONGER = 1.5  # Every long prompt has at least this many times the characters of any short one.
Positions = Sequence[int]
Part = tuple[str, str, Positions]
"""The kind of a slice, its name and its rows."""


def slices_of(findings: EvaluationFindings) -> list[Slice]:
    """Return the slices by label, length, language and group, those with the least gain first.

    The intervals hold for all slices together (Bonferroni). Empty when there are too few rows.
    """
    parts = [part for split in SPLITS for part in split(findings)]
    if not parts or findings.task.weights is not None:  # Weights hold for all rows together.
        return []
    gate = findings.recipe.evaluate.gate
    confidence = 1 - (1 - gate.confidence) / len(parts)
    found = [
        _slice(kind, name, _compared(findings, kind, positions, confidence))
        for kind, name, positions in parts
    ]
    return sorted(found, key=lambda each: (each.gain, each.tuned))


def _by_label(findings: EvaluationFindings) -> Iterator[Part]:
    """Yield the rows of each label that has enough of them, the commonest label first."""
    rows: dict[str, list[int]] = {}
    for at, gold in enumerate(findings.golds if findings.labels else ()):
        rows.setdefault(gold, []).append(at)
    if len(rows) > 1:
        yield from _common("label", rows)


def _by_length(findings: EvaluationFindings) -> Iterator[Part]:
    """Yield three parts of equal size by the length of the prompt without the system prompt.

    Nothing is yielded where all prompts are about as long.
    """
    lengths = [
        sum(len(turn.text) for turn in row.prompt if turn.role != "system") for row in findings.rows
    ]
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    cuts = [round(len(order) * part / len(LENGTHS)) for part in range(len(LENGTHS) + 1)]
    if len(order) < FEWEST_ROWS * len(LENGTHS):
        return
    if lengths[order[cuts[-2]]] < LONGER * lengths[order[cuts[1] - 1]]:
        return
    for name, (start, end) in zip(LENGTHS, pairwise(cuts), strict=True):
        shortest, longest = lengths[order[start]], lengths[order[end - 1]]
        yield "length", f"{name} prompts: {shortest:,} to {longest:,} characters", order[start:end]


def _by_language(findings: EvaluationFindings) -> Iterator[Part]:
    """Yield the rows of each language, where the prompts have several."""
    rows: dict[str, list[int]] = {}
    for at, row in enumerate(findings.rows):
        if language := language_of(_asked(row)):
            rows.setdefault(language, []).append(at)
    if len(rows) > 1:
        yield from _common("language", rows)


def _by_group(findings: EvaluationFindings) -> Iterator[Part]:
    """Yield the rows of each group, where a column keeps rows together."""
    if findings.dataset.columns.group is None:
        return
    rows: dict[str, list[int]] = {}
    for at, row in enumerate(findings.rows):
        if row.cluster is not None:
            rows.setdefault(f"rows that belong to row {row.cluster}", []).append(at)
    yield from _common("group", rows)


def _common(kind: str, rows: Mapping[str, list[int]]) -> Iterator[Part]:
    """Yield the largest of these parts that have enough rows."""
    largest = sorted(rows.items(), key=lambda item: -len(item[1]))[:MOST_LABELS]
    yield from ((kind, name, at) for name, at in largest if len(at) >= FEWEST_ROWS)


def _asked(row: Row) -> str:
    """Return the prompt's text without the system prompt."""
    return "\n".join(turn.text for turn in row.prompt if turn.role != "system")


SPLITS: Sequence[Callable[[EvaluationFindings], Iterator[Part]]] = (
    _by_label,
    _by_length,
    _by_language,
    _by_group,
)
"""The ways to part the test rows. A new one is a function of the findings, added here."""


def _compared(
    findings: EvaluationFindings, kind: str, at: Positions, confidence: float
) -> Compared:
    """Compare both models on some rows; with a metric of all rows together, by accuracy.

    A group is one unit of the whole test, but within it the rows are independent.
    """
    rows = [findings.rows[each] for each in at]
    if kind == "group":
        rows = [msgspec.structs.replace(row, cluster=None) for row in rows]
    metric = findings.metric if isinstance(findings.metric, RowMetric) else ACCURACY
    evidence = Evidence(
        golds=[findings.golds[each] for each in at],
        rival=[findings.base[each] for each in at],
        tuned=[findings.tuned[each] for each in at],
        rival_name="base",
        confidence=confidence,
        units=units_for(rows),
    )
    return compare(metric, evidence)


def _slice(kind: str, name: str, compared: Compared) -> Slice:
    gain = compared.comparison.difference
    return Slice(
        kind=kind,
        name=name,
        rows=gain.n,
        metric=compared.comparison.metric,
        base=compared.rival.value,
        tuned=compared.tuned.value,
        gain=gain.value,
        low=gain.low,
        high=gain.high,
    )
