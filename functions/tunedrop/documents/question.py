"""question.json: how a doubtful file could be read, and the recipe that chooses each reading."""

import msgspec

from tunedrop.documents.dataset import ShownRow, UnusedColumn


class Reading(msgspec.Struct):
    """One way to read the file.

    `learns` says what is learnt from what, `recipe` are the lines of recipe.yaml that choose this
    reading, and `rows` are its first rows as they would be trained.
    """

    learns: str
    why: str
    recipe: str
    rows: list[ShownRow]


class Question(msgspec.Struct):
    """What a run with the status `asking` asks.

    `doubt` is what speaks against the most likely reading, which is the first one. `unused` are the
    columns that it does not use.
    """

    doubt: str
    readings: list[Reading]
    unused: list[UnusedColumn]
