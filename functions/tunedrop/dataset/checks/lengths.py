"""Rows that are too long for the model, or much longer than the other rows."""

from collections.abc import Sequence

from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.sizing.tokens import CHARACTERS_A_TOKEN
from tunedrop.documents.dataset import Place
from tunedrop.recipe.hyperparameters import LONGEST_CHOSEN
from tunedrop.recipe.schema import Recipe

OUTLIER = 10  # A row of more than this many times the median length is an outlier.
LEAST_OUTLIER = 1_000  # Characters; shorter rows are never outliers.


def note_lengths(
    findings: Findings, rows: Sequence[tuple[int, int]], recipe: Recipe, system: str | None
) -> None:
    """Add rows of unusual length to the findings.

    Args:
        findings: receives the findings.
        rows: (number, characters) of each written row.
        recipe: its `max_length` is the number of tokens that the model sees of a row.
        system: the system prompt that is added to every row.
    """
    ordered = sorted(characters for _, characters in rows)
    median = ordered[len(ordered) // 2] if ordered else 0
    outlier = max(LEAST_OUTLIER, OUTLIER * median)
    max_length = recipe.hyperparameters.max_length or LONGEST_CHOSEN
    too_long = max_length * CHARACTERS_A_TOKEN - len(system or "")
    for row, characters in rows:
        if characters > too_long:
            findings.add_place("too_long", Place(row, excerpt=f"{characters} characters"))
        if characters > outlier:
            findings.add_place("length_outlier", Place(row, excerpt=f"{characters} characters"))
