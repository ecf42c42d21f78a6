"""Test rows that the model has already seen in training."""

from collections.abc import Iterable, Sequence

from tunedrop.documents.rows import Row
from tunedrop.evaluation.scoring.labels import normalise


def leaked_rows(train: Iterable[Row], test: Sequence[Row]) -> list[int]:
    """Return the source rows of the test rows whose prompt is in the training rows too.

    Letter case, width, spacing and surrounding punctuation are ignored. Near duplicates are not
    found.
    """
    seen = {_question(row) for row in train}
    return [row.row for row in test if _question(row) in seen]


def _question(row: Row) -> str:
    return "\n".join(normalise(turn.text) for turn in row.prompt if turn.role != "system")
