"""What the test rows can show, told before the training costs anything."""

from math import sqrt

from tunedrop.documents.dataset import Dataset, Power
from tunedrop.documents.figures import count
from tunedrop.evaluation.more_rows import hold_out, rows_to_show
from tunedrop.evaluation.statistics.significance import smallest_detectable
from tunedrop.evaluation.verdict import MIN_ROWS, MIN_UNITS, margin_of
from tunedrop.recipe.schema import Recipe

SPREAD = (
    0.45  # Standard deviation of a row's difference, when the models differ on one row in five.
)


def expected_power(dataset: Dataset, recipe: Recipe) -> Power:
    """Return the smallest true difference that these test rows would show in 80 of 100 evaluations.

    Before the evaluation, the spread of the differences is unknown; 0.45 is typical. Rows of one
    group may be right or wrong together, so that only the groups count; `smallest_if_alike` is for
    this worst case.
    """
    test, confidence = dataset.splits["test"], recipe.evaluate.gate.confidence
    rows = test.rows
    units = test.units if test.units is not None else rows
    best = smallest_detectable(SPREAD / sqrt(rows), confidence, rows)
    worst = smallest_detectable(SPREAD / sqrt(units), confidence, units)
    return Power(
        smallest_detectable=best,
        smallest_if_alike=worst if units < rows else None,
        sentence=_told(dataset, recipe, units, best, worst),
    )


def _told(dataset: Dataset, recipe: Recipe, units: int, best: float, worst: float) -> str:
    """Say what the test rows can show; `best` counts each row, `worst` each of the units."""
    rows = dataset.splits["test"].rows
    these = f"The {count(rows, 'test row')}"
    are = "is" if rows == 1 else "are"
    if rows < MIN_ROWS:
        more = hold_out(dataset, recipe, MIN_ROWS)
        return f"{these} {are} too few for a verdict, which needs {MIN_ROWS}. {more}"
    if units < MIN_UNITS:
        return (
            f"{these} are only {count(units, 'independent group')}; a verdict needs {MIN_UNITS}. "
            f"{hold_out(dataset, recipe, rows * MIN_UNITS // units + 1)}"
        )
    least, most = f"{best * 100:.0f}", f"{worst * 100:.0f}"
    up_to = f" (up to {most}, if the rows of a group are alike)" if least != most else ""
    sentence = (
        f"{these} will show a true difference of about {least} points{up_to} or more "
        "in 80 of 100 evaluations, at the spread that is typical of two models."
    )
    margin = margin_of(recipe.evaluate.gate)
    if best > margin:
        wanted = rows_to_show(margin, best, rows)
        sentence += (
            f" For {margin * 100:g} points, about {wanted:,} are needed. "
            f"{hold_out(dataset, recipe, wanted)}"
        )
    return sentence
