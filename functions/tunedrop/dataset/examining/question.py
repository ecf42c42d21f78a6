"""What is asked about a doubtful file: each reading with rows as they would be trained."""

from tunedrop.dataset.examining.shown_rows import rows_read_as
from tunedrop.dataset.readers.record import Table
from tunedrop.dataset.shapes.infer import shape_of
from tunedrop.dataset.shapes.wording import in_words, recipe_lines
from tunedrop.documents.dataset import Columns
from tunedrop.documents.question import Question, Reading
from tunedrop.recipe.schema import Recipe

MOST_READINGS = 5  # Readings that an email offers.


def question_about(table: Table, columns: Columns, recipe: Recipe) -> Question:
    """Return the question about a doubtful reading and its alternatives.

    A reading that no recipe can choose, or that no row fits, is left out.
    """
    readings: list[Reading] = []
    for each in (columns, *columns.alternatives):
        lines = recipe_lines(each)
        rows = rows_read_as(shape_of(each, recipe), table) if lines else []
        if lines and rows and len(readings) < MOST_READINGS:
            readings.append(Reading(in_words(each), each.why, "\n".join(lines), rows))
    return Question(columns.doubt, readings, columns.unused)
