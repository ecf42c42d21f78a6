"""Simulated pairs of models whose true difference is known, for the benchmark of the verdict."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunedrop.evaluation.scoring.metrics import METRICS
from tunedrop.evaluation.statistics.comparing import Evidence, compare
from tunedrop.evaluation.statistics.units import units_of
from tunedrop.evaluation.verdict import verdict_of
from tunedrop.recipe.schema import Gate

METRICS_OF_THE_GRID = ("accuracy", "macro_f1", "token_f1")
QUALITY = 0.7  # How often a word or a label is right.
ALIKE = 0.7  # Share of the rows of a group that are right or wrong with the whole group.
AGREEMENT = {
    "low": 0.0,
    "high": 0.7,
}  # Share of the answers that the tuned model has from the base.
LABELS = ("negative", "neutral", "positive")
LABEL_SHARES = (0.6, 0.3, 0.1)
WORDS = ("red", "green", "blue", "white", "black")


@dataclass(frozen=True)
class Cell:
    """One kind of evaluation: how many rows, in how many groups, how alike the two models are."""

    metric: str
    rows: int
    groups: int | None
    agreement: str
    sizes: str = "equal"


def grid() -> Iterator[Cell]:
    """Yield all cells."""
    for metric in METRICS_OF_THE_GRID:
        for rows in (50, 200, 1_000):
            for groups in (None, 10, 20, 50):
                if groups is None or groups < rows:
                    for agreement in AGREEMENT:
                        yield Cell(metric, rows, groups, agreement)
        for groups in (10, 20, 50):
            yield Cell(metric, 200, groups, "low", "unequal")


def simulate(cell: Cell, gain: float, seed: int, runs: int) -> Counter[str]:
    """Return how many runs had a verdict and an interval that contains the true difference."""
    random = np.random.default_rng([seed, *f"{cell}".encode()])
    found: Counter[str] = Counter()
    for _ in range(runs):
        groups = _groups(cell, random)
        base, tuned = _right_words(cell, groups, gain, random)
        golds, rival, mine = _texts(cell.metric, base, tuned, random)
        evidence = Evidence(
            golds=golds,
            rival=rival,
            tuned=mine,
            rival_name="base",
            confidence=0.95,
            units=units_of(groups),
        )
        comparison = compare(METRICS[cell.metric], evidence).comparison
        found[verdict_of(comparison, Gate())] += 1
        found["covered"] += comparison.difference.low <= gain <= comparison.difference.high
    return found


def _groups(cell: Cell, random: np.random.Generator) -> list[int]:
    """Return the number of each row's group."""
    if cell.groups is None:
        return list(range(cell.rows))
    if cell.sizes == "equal":
        return [row % cell.groups for row in range(cell.rows)]
    weights = random.lognormal(0, 1, cell.groups)
    some = random.choice(cell.groups, cell.rows - cell.groups, p=weights / weights.sum())
    return [*range(cell.groups), *some.tolist()]  # No group is empty.


def _right_words(
    cell: Cell, groups: Sequence[int], gain: float, random: np.random.Generator
) -> tuple[Any, Any]:
    """Return for both models how many words of each row are right, of one or of five.

    A model's answer comes from its group with probability `ALIKE`, if there are groups. Both models
    have the same answer with the probability of the cell's agreement, on top of chance.
    """
    words = len(WORDS) if cell.metric == "token_f1" else 1
    count = max(groups) + 1

    def draw(size: int) -> tuple[Any, Any]:
        one = random.random((size, words))
        same = random.random(size) < AGREEMENT[cell.agreement]
        other = np.where(same[:, None], one, random.random((size, words)))
        return (one < QUALITY).sum(axis=1), (other < QUALITY + gain).sum(axis=1)

    own, of_group = draw(cell.rows), draw(count)
    from_group = random.random(cell.rows) < (ALIKE if cell.groups else 0.0)
    base, tuned = (
        np.where(from_group, group[np.asarray(groups)], alone)
        for group, alone in zip(of_group, own, strict=True)
    )
    return base, tuned


def _texts(
    metric: str, base: Any, tuned: Any, random: np.random.Generator
) -> tuple[list[str], list[str], list[str]]:
    """Return golds and both models' answers with this many right words."""
    if metric == "token_f1":
        golds = [" ".join(WORDS)] * len(base)
        texts = [
            [" ".join([*WORDS[:right], *["grey"] * (len(WORDS) - right)]) for right in model]
            for model in (base, tuned)
        ]
        return golds, texts[0], texts[1]
    shares = LABEL_SHARES if metric == "macro_f1" else None
    drawn = random.choice(len(LABELS), len(base), p=shares)
    away = random.integers(1, len(LABELS), (2, len(base)))
    answers = [
        [LABELS[label] for label in np.where(right > 0, drawn, (drawn + other) % len(LABELS))]
        for right, other in zip((base, tuned), away, strict=True)
    ]
    return [LABELS[label] for label in drawn], answers[0], answers[1]
