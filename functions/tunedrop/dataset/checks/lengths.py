"""Rows that are too long for the model, or far longer than the others."""

from collections.abc import Sequence

from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.document import Place
from tunedrop.dataset.statistics import CHARACTERS_A_TOKEN
from tunedrop.recipe import Recipe

OUTLIER = 10  # times the median
LEAST_OUTLIER = 1_000  # characters; shorter rows are never outliers


class LengthCheck:
    """Judges each written row by its length in characters."""

    def __init__(
        self, findings: Findings, characters: Sequence[int], recipe: Recipe, system: str | None
    ) -> None:
        ordered = sorted(characters)
        median = ordered[len(ordered) // 2] if ordered else 0
        self._findings = findings
        self._outlier = max(LEAST_OUTLIER, OUTLIER * median)
        self._too_long = recipe.hyperparameters.max_length * CHARACTERS_A_TOKEN - len(system or "")
        self.least = min(self._outlier, self._too_long)

    def look(self, row: int, characters: int) -> None:
        """Note what is to be said of a row that is longer than `least`."""
        place = Place(row, excerpt=f"{characters} characters")
        if characters > self._too_long:
            self._findings.add_place("too_long", place)
        if characters > self._outlier:
            self._findings.add_place("length_outlier", place)
