"""Rows that are too long for the model, or far longer than the others."""

from collections.abc import Sequence

from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.sizing.tokens import CHARACTERS_A_TOKEN
from tunedrop.documents.dataset import Place
from tunedrop.recipe.schema import Recipe

OUTLIER = 10  # times the median
LEAST_OUTLIER = 1_000  # characters; shorter rows are never outliers


def note_lengths(
    findings: Findings, rows: Sequence[tuple[int, int]], recipe: Recipe, system: str | None
) -> None:
    """Judge each written row by its length.

    Args:
        findings: takes what is found.
        rows: (number, characters) of each.
        recipe: says how many tokens the model sees of a row.
        system: the system prompt that is put before every row.
    """
    ordered = sorted(characters for _, characters in rows)
    median = ordered[len(ordered) // 2] if ordered else 0
    outlier = max(LEAST_OUTLIER, OUTLIER * median)
    too_long = recipe.hyperparameters.max_length * CHARACTERS_A_TOKEN - len(system or "")
    for row, characters in rows:
        if characters > too_long:
            findings.add_place("too_long", Place(row, excerpt=f"{characters} characters"))
        if characters > outlier:
            findings.add_place("length_outlier", Place(row, excerpt=f"{characters} characters"))
