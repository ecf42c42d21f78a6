"""How many test rows a clear result needs, and which line of the recipe holds them out."""

from math import ceil, log10

from tunedrop.documents.dataset import Dataset
from tunedrop.documents.figures import count
from tunedrop.recipe.schema import Recipe

LARGEST_SHARE = 0.4  # Of the rows for the test; with more, too few would be left to train on.


def rows_to_show(difference: float, smallest_detectable: float, rows: int) -> int:
    """Return about how many test rows would show a difference, in two significant digits.

    The smallest detectable difference falls with the square root of the rows.
    """
    return _rounded_up(rows * (smallest_detectable / difference) ** 2)


def hold_out(dataset: Dataset, recipe: Recipe, wanted: int) -> str:
    """Return the sentence that says how to get this many test rows."""
    test, rows = dataset.splits.get("test"), dataset.rows
    if test is not None and test.given:
        return f"Add rows to the dropped test file until it has {wanted:,}."
    usable = rows.train + rows.validation + rows.test + rows.not_sampled
    now, limit = recipe.split.test, recipe.rows.max_test
    share = ceil(100 * wanted / usable) / 100
    if share <= now and wanted <= limit:  # Groups that stay together have left the test smaller.
        share = ceil(100 * now * wanted / max(1, rows.test)) / 100
    if share > LARGEST_SHARE:
        total = _rounded_up(wanted / max(now, 0.01))
        return f"Drop more data: about {count(total, 'row')} in all."
    lines = [f"`split: {{test: {share:g}}}`"] if share > now else []
    if wanted > limit:
        lines.append(f"`rows: {{max_test: {wanted}}}`")
    return (
        f"Write {' and '.join(lines)} in recipe.yaml to hold out {wanted:,} of the "
        f"{count(usable, 'row')}."
    )


def _rounded_up(rows: float) -> int:
    """Round up to two significant digits: 1,234 becomes 1,300."""
    step = int(10.0 ** max(0, int(log10(max(rows, 1))) - 1))
    return ceil(rows / step) * step
