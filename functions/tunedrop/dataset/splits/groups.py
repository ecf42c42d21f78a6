"""Whether rows with the same id are kept in one split, when all rows are known."""

from collections import Counter
from collections.abc import Sequence
from itertools import compress

from tunedrop.dataset.shapes.wording import named, recipe_value
from tunedrop.documents.dataset import GroupColumn
from tunedrop.recipe.data import SplitShares

FEWEST_TEST_GROUPS = 10  # Fewer groups of test rows than this give no verdict.
MOST_ROWS = 1_000_000  # The groups of more rows would take gigabytes of memory.


def why_not_grouped(
    values: Sequence[int], kept: Sequence[int], given: Sequence[int], split: SplitShares
) -> str | None:
    """Return why a column that looks like an id does not decide about the splits; else None.

    The recipe may order it all the same.

    Args:
        values: the key of each row's value, 0 for an empty one.
        kept: 0 for a row that repeats an earlier one.
        given: the split of each row that the file itself names, 0 for none.
        split: the shares of the rows that are held out.
    """
    share = split.test or split.validation
    if any(given):
        return "the file names its splits itself"
    if len(values) > MOST_ROWS:
        return f"the file has more than {MOST_ROWS:,} rows"
    rows = Counter(compress(values, kept))
    del rows[0]
    largest = max(rows.values(), default=0)
    if len(rows) * share < FEWEST_TEST_GROUPS:
        return f"it has only {len(rows):,} values"
    if largest > len(values) * share:
        return f"{largest:,} of {len(values):,} rows have the same value"
    return None


def about_group(group: GroupColumn, against: str | None) -> str:
    """Return the sentence about a column that was found.

    Args:
        group: the column.
        against: why it does not decide about the splits; None if it does.
    """
    looks = f"{named(group.name)} looks like the id of {group.kind} ({group.certainty})"
    if against:
        return (
            f"{looks}. Its rows may be in several splits all the same, because {against}; "
            f"`split: {{group_by: {recipe_value(group.name)}}}` keeps them together."
        )
    return (
        f"{looks}, so rows with the same value are kept in one split; `split: {{group_by: off}}` "
        "divides them."
    )
