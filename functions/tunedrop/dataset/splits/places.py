"""Where each row goes, as a number that fits into one byte."""

from enum import IntEnum

from tunedrop.dataset.readers.record import SplitName


class RowPlace(IntEnum):
    """The place of a row: one of the three splits, or the reason why it is in none.

    `TRAIN`, `VALIDATION` and `TEST` also number the splits that a file itself names.
    """

    NOT_SAMPLED = 0
    """Beyond the recipe's row limits. As the split that a file names: the file names none."""
    TRAIN = 1
    VALIDATION = 2
    TEST = 3
    CONFLICT = 4
    """The same text has another label in other rows."""
    LEAK = 5
    """A training row whose text is in a given validation or test file too."""
    DUPLICATE = 6
    """The row repeats an earlier one."""


PLACES: dict[SplitName | None, RowPlace] = {
    None: RowPlace.NOT_SAMPLED,
    "train": RowPlace.TRAIN,
    "validation": RowPlace.VALIDATION,
    "test": RowPlace.TEST,
}
"""The place that stands for each split."""

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
SPLIT_PLACES = frozenset(PLACES[name] for name in SPLITS)
