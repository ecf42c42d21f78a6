"""The choice of each kept row's place, made when all rows are known."""

from array import array
from collections.abc import Iterator, Sequence

from tunedrop.dataset.intake import Intake, conflicting
from tunedrop.dataset.labels import default_system_prompt
from tunedrop.dataset.splitting import Cut, SplitName, cuts
from tunedrop.recipe import Recipe


class Choice:
    """Task, labels, system prompt and the split of every kept row."""

    def __init__(self, intake: Intake, recipe: Recipe, *, labelled: bool) -> None:
        self._intake = intake
        self.task = intake.labels.task(recipe.task, labelled=labelled)
        self.conflicts: set[int] = conflicting(intake) if self.is_classification else set()
        self.label_counts = intake.labels.counts() if self.is_classification else None
        self.labels = sorted(intake.labels.names) if self.is_classification else []
        self.system = recipe.system
        if self.system is None and self.is_classification:
            self.system = default_system_prompt(self.labels)
        self._cuts = self._cut(recipe)

    @property
    def is_classification(self) -> bool:
        """Whether the answers are labels."""
        return self.task == "classification"

    def splits(self) -> Iterator[SplitName | None]:
        """Yield each kept row's split, in file order; None for rows that are left out."""
        for at, (key, label) in enumerate(zip(self._intake.groups, self._numbers(), strict=True)):
            yield None if at in self.conflicts else self._cuts[label].split(key)

    def _numbers(self) -> Sequence[int]:
        if self.is_classification:
            return self._intake.labels.of_row
        return bytes(len(self._intake.groups))

    def _cut(self, recipe: Recipe) -> list[Cut]:
        keys = [array("Q") for _ in self._intake.labels.names] if self.is_classification else []
        keys = keys or [array("Q")]
        for at, (key, label) in enumerate(zip(self._intake.groups, self._numbers(), strict=True)):
            if at not in self.conflicts:
                keys[label].append(key)
        return cuts(keys, recipe.split, recipe.rows)
